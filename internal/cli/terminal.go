package cli

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/nfd-compat/nfd-compat/internal/render"
)

// textOptions fits a text to where it goes: colours and a width for a terminal, neither for a file or a pipe. NO_COLOR
// (https://no-color.org) and TERM=dumb turn the colours off.
func textOptions(out io.Writer) render.TextOptions {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return render.TextOptions{}
	}
	options := render.TextOptions{Color: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
	if width, _, err := term.GetSize(int(file.Fd())); err == nil {
		options.Width = width
	}
	return options
}

// isTerminal tells whether a stream is a terminal, where somebody can be asked.
func isTerminal(in io.Reader) bool {
	file, ok := in.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
