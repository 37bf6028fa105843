package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// maxRounds is how often a text is mended again: a word that is mended lets the next fault be seen, and of very many faults
// only the first are found at a time.
const maxRounds = 100

// mend returns a text with what can be mended in it mended, and how many findings that were.
func (o *validateSpec) mend(text []byte) (mended []byte, count int) {
	for range maxRounds {
		next, n, err := spec.Apply(text, o.checkText(text))
		if err != nil || n == 0 || decodes(text) && !decodes(next) { // a fix that does harm is none
			break
		}
		text, count = next, count+n
	}
	return text, count
}

func decodes(text []byte) bool {
	_, err := spec.DecodeDocuments(text)
	return err == nil
}

// replaceFile gives a regular file a new content, all of it or none.
func replaceFile(name string, content []byte) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", name)
	}
	return writeWhole(name, func(to io.Writer) error {
		_, err := to.Write(content)
		return err
	})
}
