package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"oras.land/oras-go/v2/registry/remote/auth"
)

const (
	// maxHelperOutput bounds what is read of a program that keeps credentials, in bytes.
	maxHelperOutput = 64 << 10
	// helperGrace is how long such a program's own children may hold on to its output once it has ended.
	helperGrace = 50 * time.Millisecond
)

// What the programs print in two cases.
// Source: https://github.com/docker/docker-credential-helpers
const (
	helperHasNone   = "credentials not found in native keychain"
	helperTokenUser = "<token>" // the secret is an identity token
)

// errHelperOutput says that a program does not stop printing.
var errHelperOutput = errors.New("too much output")

// askHelper asks a program that keeps credentials for those of a registry: docker-credential-NAME get, with the registry's
// name on its standard input. If it has none, the error is errNoSecret; every other is an [ErrCredentials] that has nothing
// of what the program printed, since that may be a secret. path is the file that names the program.
func askHelper(ctx context.Context, path, helper, name, registry string) (credential, error) {
	program := "docker-credential-" + helper
	shown := fmt.Sprintf("%s, which %s names", plain(program, maxExcerpt), path)
	if strings.ContainsAny(helper, `/\`) {
		return credential{}, noCredentials(nil, "ask for credentials: "+shown+", is not the name of a program in the PATH")
	}
	servers := []string{registry}
	if name == "docker.io" {
		servers = []string{"https://index.docker.io/v1/", name} // as Docker calls it, and as podman does
	}
	for _, server := range servers {
		found, err := runHelper(ctx, program, server)
		switch {
		case errors.Is(err, errNoSecret):
			continue
		case ctx.Err() != nil:
			return credential{}, ctx.Err()
		case errors.Is(err, exec.ErrNotFound):
			return credential{}, noCredentials(err, "ask for credentials: "+shown+", is not in the PATH")
		case errors.Is(err, errHelperOutput):
			return credential{}, noCredentials(err, fmt.Sprintf("ask for credentials: %s, prints more than %d bytes", shown, maxHelperOutput))
		case err != nil:
			why := "its answer cannot be read"
			if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
				why = exit.Error() // its status, and no more
			}
			return credential{}, noCredentials(err, fmt.Sprintf("ask for credentials: %s, fails: %s; to see more, run: echo %s | %s get", shown, why, server, plain(program, maxExcerpt)))
		}
		return credential{found, shown}, nil
	}
	return credential{}, errNoSecret
}

func runHelper(ctx context.Context, program, server string) (auth.Credential, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	output := &boundedBuffer{most: maxHelperOutput, full: func() { cancel(errHelperOutput) }}
	cmd := exec.CommandContext(ctx, program, "get")
	cmd.Stdin = strings.NewReader(server)
	cmd.Stdout = output
	cmd.Stderr = io.Discard // it is for people, but nobody knows what is in it
	cmd.WaitDelay = helperGrace
	err := cmd.Run()
	text := bytes.TrimSpace(output.kept.Bytes())
	switch {
	case errors.Is(context.Cause(ctx), errHelperOutput):
		return auth.EmptyCredential, errHelperOutput
	case err != nil && string(text) == helperHasNone:
		return auth.EmptyCredential, errNoSecret
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return auth.EmptyCredential, err
	}
	var answer struct{ Username, Secret string }
	if err := json.Unmarshal(text, &answer); err != nil {
		return auth.EmptyCredential, err
	}
	switch {
	case answer.Secret == "":
		return auth.EmptyCredential, errNoSecret
	case answer.Username == helperTokenUser:
		return auth.Credential{RefreshToken: answer.Secret}, nil
	}
	return auth.Credential{Username: answer.Username, Password: answer.Secret}, nil
}

// boundedBuffer keeps what is written up to a bound, and tells when there is more. It is not a [bytes.Buffer] with a
// bound, whose ReadFrom would have none.
type boundedBuffer struct {
	kept bytes.Buffer
	most int
	full func()
}

func (b *boundedBuffer) Write(p []byte) (int, error) {
	if b.kept.Len()+len(p) > b.most {
		b.full()
		return 0, errHelperOutput
	}
	return b.kept.Write(p)
}
