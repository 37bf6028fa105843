package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/term"
)

// progress is a bar on a terminal that tells how much of something is done. Nil, it tells nothing.
type progress struct {
	to   io.Writer
	what string

	ended       <-chan struct{} // once an interrupt has ended all of it, there is no more to tell
	mu          sync.Mutex
	done, total int
}

// progress begins a bar on standard error, if that is a terminal that can show one, if there is more than one thing to do, and
// if people want to hear of it.
func (s Streams) progress(ctx context.Context, what string, total int) *progress {
	file, ok := s.Err.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || total < 2 || s.volume != nil && s.volume.quiet {
		return nil
	}
	columns, _, err := term.GetSize(int(file.Fd()))
	p := &progress{to: s.Err, ended: ctx.Done(), what: what, total: total}
	if err != nil || !p.fits(columns, os.Getenv("TERM")) {
		return nil
	}
	p.draw()
	return p
}

// fits tells whether a terminal can show the bar: a line that is too long is not erased, but scrolls at each step, and a dumb
// one cannot erase at all.
func (p *progress) fits(columns int, name string) bool {
	return name != "dumb" && utf8.RuneCountInString(p.line(p.total)) < columns
}

// step says that one more is done.
func (p *progress) step() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	select {
	case <-p.ended:
		return
	default:
	}
	p.draw()
}

// eraseLine takes the cursor to the line's begin, and the line away (ECMA-48, CR and EL).
const eraseLine = "\r\x1b[K"

func (p *progress) draw() { _, _ = io.WriteString(p.to, eraseLine+p.line(p.done)) }

// line is the bar when so much is done.
func (p *progress) line(done int) string {
	const width = 20
	full := width * done / p.total
	return fmt.Sprintf("%s%s %d of %d %s", strings.Repeat("█", full), strings.Repeat("░", width-full), done, p.total, p.what)
}

// end takes the bar away.
func (p *progress) end() {
	if p != nil {
		_, _ = io.WriteString(p.to, eraseLine)
	}
}
