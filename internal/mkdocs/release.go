package main

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

// manPages returns the man page of each command, by the name of its file.
func manPages(root *cobra.Command) (map[string][]byte, error) {
	files := map[string][]byte{}
	var failed error
	each(root, func(cmd *cobra.Command) {
		cmd.DisableAutoGenTag = true
		// All of these are taken for Markdown.
		cmd.Short = prose(cmd.Short)
		if cmd.Long != "" {
			cmd.Long = markdown(cmd.Long)
		}
		arguments := map[string]string{}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			argument, _ := pflag.UnquoteUsage(f)
			arguments[f.Name] = argument
			if defaultOf(f) != "" {
				f.Usage += " (default " + f.DefValue + ")"
			}
			f.Usage = strings.NewReplacer("_", `\_`, "*", `\*`, "<", `\<`).Replace(f.Usage)
		})
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
		header := &doc.GenManHeader{Title: strings.ToUpper(name), Section: "1", Source: root.Name(), Manual: "User commands"}
		var b bytes.Buffer
		if err := doc.GenMan(cmd, header, &b); err != nil && failed == nil {
			failed = fmt.Errorf("make the man page of %s: %w", cmd.CommandPath(), err)
		}
		files[name+".1"] = withArguments(b.Bytes(), arguments)
	})
	return files, failed
}

// withArguments has a man page show what each flag takes, as the help does. Cobra shows its default instead, and behind a switch too.
func withArguments(page []byte, arguments map[string]string) []byte {
	head := regexp.MustCompile(`(?m)^(\\fB.*--([a-z0-9-]+)\\fP)\[?=.*$`)
	return head.ReplaceAllFunc(page, func(line []byte) []byte {
		parts := head.FindSubmatch(line)
		return []byte(strings.TrimSpace(string(parts[1]) + " " + arguments[string(parts[2])]))
	})
}

// completions returns the script of each shell, by the name under which it goes into a release.
func completions(root *cobra.Command) (map[string][]byte, error) {
	const descriptions = true
	files := map[string][]byte{}
	for name, write := range map[string]func(io.Writer) error{
		root.Name() + ".bash": func(w io.Writer) error { return root.GenBashCompletionV2(w, descriptions) },
		root.Name() + ".fish": func(w io.Writer) error { return root.GenFishCompletion(w, descriptions) },
		root.Name() + ".ps1":  root.GenPowerShellCompletionWithDesc,
		"_" + root.Name():     root.GenZshCompletion, // as zsh finds it
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return nil, fmt.Errorf("make the completion %s: %w", name, err)
		}
		files[name] = b.Bytes()
	}
	return files, nil
}
