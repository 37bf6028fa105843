package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/nfd-compat/nfd-compat/pkg/registry"
)

// registryFlags are the flags of every command that reaches a registry.
type registryFlags struct {
	plainHTTP     bool
	insecure      bool
	caFile        string
	certFile      string
	keyFile       string
	config        string
	username      string
	passwordStdin bool
	tokenStdin    bool
	timeout       time.Duration
	cache         cacheFlags
}

func (f *registryFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.plainHTTP, "plain-http", false, "speak HTTP, not HTTPS, with the registry")
	flags.BoolVar(&f.insecure, "insecure", false, "do not verify the registry's certificate")
	flags.StringVar(&f.caFile, "ca-file", "", "a `FILE` with certificate authorities to trust beside the system's, in PEM")
	flags.StringVar(&f.certFile, "cert-file", "", "a `FILE` with our certificate, for a registry that asks for one")
	flags.StringVar(&f.keyFile, "key-file", "", "the `FILE` with the key of our certificate")
	flags.StringVar(&f.config, "registry-config", "", "a `FILE` with credentials, to look into before those of podman and Docker")
	flags.StringVar(&f.username, "registry-username", "", "log in to the registry as this `USER`")
	flags.BoolVar(&f.passwordStdin, "registry-password-stdin", false, "read the password of --registry-username from standard input")
	flags.BoolVar(&f.tokenStdin, "registry-token-stdin", false, "read an access token for the registry from standard input")
	flags.DurationVar(&f.timeout, "timeout", time.Minute, "wait for the registry no longer than this `DURATION` in all for an image")
	f.cache.add(flags)
}

// registryFlagsGiven returns which of the flags of the registry a command line has, such as "--plain-http".
func registryFlagsGiven(flags *pflag.FlagSet) []string {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(registryFlags).add(all)
	var given []string
	all.VisitAll(func(flag *pflag.Flag) {
		if flags.Changed(flag.Name) {
			given = append(given, "--"+flag.Name)
		}
	})
	return given
}

// check finds what is wrong with the flags of the registry. The last argument says what else reads standard input, such as
// "--spec -"; it is empty if nothing does.
func (f *registryFlags) check(stdinFor string) error {
	switch {
	case (f.certFile == "") != (f.keyFile == ""):
		return errors.New("--cert-file and --key-file go together")
	case f.insecure && f.caFile != "":
		return errors.New("--insecure and --ca-file exclude each other: with the one nothing is verified, with the other by it")
	case f.tokenStdin && (f.username != "" || f.passwordStdin):
		return errors.New("--registry-token-stdin excludes --registry-username and --registry-password-stdin")
	case (f.username == "") == f.passwordStdin:
		return errors.New("--registry-username and --registry-password-stdin go together")
	case strings.Contains(f.username, ":"):
		return errors.New("--registry-username has a colon, which no user name can have")
	case f.readsStdin() && stdinFor != "":
		return fmt.Errorf("%s and %s cannot both be standard input", stdinFor, f.stdinFlag())
	case f.timeout <= 0:
		return fmt.Errorf("--timeout is %s: want more than zero", f.timeout)
	}
	return f.cache.check()
}

func (f *registryFlags) readsStdin() bool { return f.passwordStdin || f.tokenStdin }

func (f *registryFlags) stdinFlag() string {
	if f.tokenStdin {
		return "--registry-token-stdin"
	}
	return "--registry-password-stdin"
}

// client returns the client that the flags ask for, and reads the files and the standard input that they name. The time is
// for the caller to bound.
func (f *registryFlags) client(streams Streams) (*registry.Client, error) {
	warnOfProxies(streams)
	credentials, err := f.credentials(streams)
	if err != nil {
		return nil, err
	}
	trust := &registry.TLS{Insecure: f.insecure}
	if f.caFile != "" {
		trust.Authorities, err = within(f.timeout, f.caFile, func() ([]*x509.Certificate, error) { return registry.ReadAuthorities(f.caFile) })
		if err != nil {
			return nil, fmt.Errorf("--ca-file: %w", err)
		}
	}
	if f.certFile != "" {
		trust.Certificate, err = within(f.timeout, f.certFile+" or "+f.keyFile, func() (*tls.Certificate, error) {
			return registry.ReadCertificate(f.certFile, f.keyFile)
		})
		if err != nil {
			return nil, fmt.Errorf("--cert-file and --key-file: %w", err)
		}
	}
	client := &registry.Client{PlainHTTP: f.plainHTTP, UserAgent: name + "/" + version(), Credentials: credentials, TLS: trust}
	f.cache.apply(client)
	return client, nil
}

// within reads a file of this machine, for no longer than a time limit: it may be a named pipe, or that of a program that
// writes no more.
func within[T any](limit time.Duration, file string, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := read()
		done <- result{value, err}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.value, r.err
	case <-timer.C:
		var none T
		return none, fmt.Errorf("%s: there is no end of it within the time limit of %s (--timeout)", file, limit)
	}
}

// warnOfProxies tells which variables name a proxy in a way that Go's library passes over, without the name: it may hold a
// password.
func warnOfProxies(streams Streams) {
	for _, variable := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		value := os.Getenv(variable)
		if at, err := url.Parse(value); err == nil && at.Scheme != "" && at.Host != "" {
			continue
		}
		if _, err := url.Parse("http://" + value); err != nil {
			streams.note("warning: %s is no URL of a proxy, and is passed over (is a character of its password to be written with %%?)", variable)
		}
	}
}

// credentials are those of standard input, or else the files to look into.
func (f *registryFlags) credentials(streams Streams) (registry.Credentials, error) {
	credentials := registry.Credentials{Files: registry.DefaultCredentialFiles(os.Getenv)}
	if f.config != "" {
		first, err := within(f.timeout, f.config, func() (*registry.CredentialFile, error) { return registry.ReadCredentialFile(f.config) })
		if err != nil {
			return credentials, fmt.Errorf("--registry-config: %w", err)
		}
		credentials.Files = append([]*registry.CredentialFile{first}, credentials.Files...)
	}
	if !f.readsStdin() {
		return credentials, nil
	}
	const most = 64 << 10
	text, err := streams.readFile(stdin, most)
	if err != nil {
		return credentials, fmt.Errorf("%s: %w", f.stdinFlag(), err)
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if secret == "" {
		return credentials, fmt.Errorf("%s: standard input is empty", f.stdinFlag())
	}
	if f.tokenStdin {
		credentials.Token = secret
	} else {
		credentials.Username, credentials.Password = f.username, secret
	}
	return credentials, nil
}

// namingFlag says of an error which flag it comes from, once, or which would help.
func (f *registryFlags) namingFlag(err error) error {
	_, named := errors.AsType[timeoutError](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded) && !named:
		return timeoutError{err, f.timeout}
	case errors.Is(err, registry.ErrNotCached) && f.cache.place() == "":
		return fmt.Errorf("%w; the user has no cache directory, as a service of systemd has none: name one with --cache-dir", err)
	}
	return err
}

// A timeoutError is one for want of the time that --timeout gave.
type timeoutError struct {
	err   error
	after time.Duration
}

func (e timeoutError) Error() string { return fmt.Sprintf("%v of %s (--timeout)", e.err, e.after) }
func (e timeoutError) Unwrap() error { return e.err }
