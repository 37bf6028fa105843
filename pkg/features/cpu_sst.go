package features

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
)

// discoverSST tells whether some processors have a raised base frequency (SST-BF of Intel Speed Select Technology): one
// is raised if /sys/bus/cpu/devices/*/cpufreq/base_frequency, a number of kHz in one line,
//
//	2700000
//
// exceeds the nominal frequency that the processor tells. Where no processor has that file the feature is absent.
func discoverSST(ctx context.Context, v *view) finding {
	return sst(ctx, v, cpuidLeaf)
}

func sst(ctx context.Context, v *view, ask leafFunc) finding {
	names, err := v.files.names(cpuBusDir)
	if err != nil {
		return unreadable(err)
	}
	var (
		f       finding
		highest = -1 // kHz
	)
	for _, name := range names {
		if ctx.Err() != nil {
			return f
		}
		file := cpuBusDir + "/" + name + "/cpufreq/base_frequency"
		text, err := v.files.attribute(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			f.miss(err)
			continue
		}
		frequency, err := strconv.Atoi(text)
		if err != nil {
			f.miss(fmt.Errorf("parse /%s: %w", file, err))
			continue
		}
		highest = max(highest, frequency)
	}
	if highest < 0 {
		return f
	}
	switch v.cpuid() {
	case cpuidNowhere:
		return finding{}
	case cpuidElsewhere:
		return unsupported(notOurProcessor)
	case cpuidAnswers:
	}
	const frequencies = 0x16 // its EAX is the nominal frequency in MHz
	nominal, _, _, _ := withBounds(ask)(frequencies, 0)
	switch {
	case nominal == 0:
		return unreadable(errors.New("CPUID does not tell the nominal frequency of the processor"))
	case highest/1000 > int(nominal):
		return finding{attributes: map[string]string{"bf.enabled": "true"}}
	default:
		return f
	}
}
