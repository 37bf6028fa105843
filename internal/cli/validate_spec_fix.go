package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

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

// replaceFile gives a file a new content, all of it or none: a new file is written beside it and takes its name. The mode
// stays; a link stays one, and what it points at is replaced.
func replaceFile(name string, content []byte) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", name)
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), ".nfd-compat-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	if err == nil {
		err = temporary.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = temporary.Sync()
	}
	err = errors.Join(err, temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}
