package cli

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/nfd-compat/nfd-compat/internal/render"
)

// textOptions fits a text to where it goes: colours and a width for a terminal, neither for a file or a pipe. NO_COLOR
// (https://no-color.org), CLICOLOR=0 and TERM=dumb turn the colours off; CLICOLOR_FORCE (https://bixense.com/clicolors)
// turns them on in a pipe too, as for the log of a CI job, unless NO_COLOR is set.
func textOptions(out io.Writer) render.TextOptions {
	file, ok := out.(*os.File)
	terminal := ok && term.IsTerminal(int(file.Fd()))
	options := render.TextOptions{Color: colored(terminal, os.Getenv)}
	if terminal {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			options.Width = width
		}
	}
	return options
}

// isTerminal tells whether a stream is a terminal, where somebody can be asked.
func isTerminal(in io.Reader) bool {
	file, ok := in.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// colored tells whether what goes to a terminal, or elsewhere, is to have colours in this environment.
func colored(terminal bool, env func(string) string) bool {
	force := env("CLICOLOR_FORCE")
	switch {
	case env("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	}
	return terminal && env("TERM") != "dumb" && env("CLICOLOR") != "0"
}
