package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// notice stands at the head of the list. The file may be used under the 3-clause BSD licence, which asks for it.
const notice = `# Names of GPUs and accelerators, from the list of the PCI ID Project, https://pci-ids.ucw.cz/
# Made by internal/mkgpuids; do not edit.
# Version: %s
#
# Copyright (c) Martin Mares and Albert Pool, and the contributors of the PCI ID Project.
#
# Redistribution and use in source and binary forms, with or without modification, are permitted provided that the
# following conditions are met:
#
# 1. Redistributions of source code must retain the above copyright notice, this list of conditions and the following
#    disclaimer.
# 2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following
#    disclaimer in the documentation and/or other materials provided with the distribution.
# 3. Neither the name of the copyright holder nor the names of its contributors may be used to endorse or promote products
#    derived from this software without specific prior written permission.
#
# THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES,
# INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
# DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL,
# SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
# SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY,
# WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF
# THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
`

// other names what shares a chip's or a vendor's name with GPUs and is none.
var other = regexp.MustCompile(`(?i)audio|hdmi|bridge|USB|UCSI|NVSwitch|SATA|SMBus|IDE\b|ISA\b|modem|host|root|graphics port`)

// A choice says which devices of a vendor are taken.
type choice struct {
	takes *regexp.Regexp
	// all takes those too that other would leave out.
	all bool
}

func choices() map[string]choice {
	return map[string]choice{
		"1002": {takes: regexp.MustCompile(`\[.+\]`)},
		"1022": {takes: regexp.MustCompile(`IPU Device|Neural Processing Unit`)},
		"10de": {takes: regexp.MustCompile(`^(AD|G[ABFHKMPTV]?|TU)\d`)},
		"1d0f": {takes: regexp.MustCompile(`^NeuronDevice`), all: true},
		"1da3": {takes: regexp.MustCompile(`.`), all: true},
		"8086": {takes: regexp.MustCompile(`Graphics|\bArc\b|\bIris\b|\bGPU\b|\bNPU\b|Battlemage|Ponte Vecchio|\bDG[12]\b`)},
	}
}

// write writes the part of the list in text that is wanted. Lines of vendors begin with four digits, those of devices with a tab, and
// those of subsystems, which are left out, with two:
//
//	10de  NVIDIA Corporation
//		2330  GH100 [H100 SXM5 80GB]
//			10de 16c1  H100 SXM5
func write(w io.Writer, text string) error {
	version := regexp.MustCompile(`(?m)^#\s+Version:\s*(\S+)`).FindStringSubmatch(text)
	if version == nil {
		return errors.New("the file does not tell its version: it is no pci.ids")
	}
	var b strings.Builder
	fmt.Fprintf(&b, notice, version[1])
	wanted := choices()
	vendor := ""
	for line := range strings.Lines(text) {
		switch {
		case strings.TrimSpace(line) == "", line[0] == '#', strings.HasPrefix(line, "\t\t"):
		case strings.HasPrefix(line, "C "): // classes follow, in the same manner
			_, err := io.WriteString(w, b.String())
			return err
		case line[0] != '\t':
			vendor, _, _ = strings.Cut(line, " ")
			if _, ok := wanted[vendor]; ok {
				b.WriteString(line)
			}
		default:
			_, name, _ := strings.Cut(line, "  ")
			if c, ok := wanted[vendor]; ok && c.takes.MatchString(name) && (c.all || !other.MatchString(name)) {
				b.WriteString(line)
			}
		}
	}
	return errors.New("the file ends before the classes: it is no whole pci.ids")
}
