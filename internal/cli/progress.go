package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// progress is a bar on a terminal that tells how much of something is done. Nil, it tells nothing.
type progress struct {
	to   io.Writer
	what string

	mu          sync.Mutex
	done, total int
}

// progress begins a bar on standard error, if that is a terminal, if there is more than one thing to do, and if people want
// to hear of it.
func (s Streams) progress(what string, total int) *progress {
	file, ok := s.Err.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || total < 2 || s.volume != nil && s.volume.quiet {
		return nil
	}
	p := &progress{to: s.Err, what: what, total: total}
	p.draw()
	return p
}

// step says that one more is done.
func (p *progress) step() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	p.draw()
}

// eraseLine takes the cursor to the line's begin, and the line away (ECMA-48, CR and EL).
const eraseLine = "\r\x1b[K"

func (p *progress) draw() {
	const width = 20
	full := width * p.done / p.total
	_, _ = fmt.Fprintf(p.to, "%s%s%s %d of %d %s", eraseLine, strings.Repeat("█", full), strings.Repeat("░", width-full), p.done, p.total, p.what)
}

// end takes the bar away.
func (p *progress) end() {
	if p != nil {
		_, _ = io.WriteString(p.to, eraseLine)
	}
}
