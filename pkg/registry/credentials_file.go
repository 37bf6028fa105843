package registry

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"oras.land/oras-go/v2/registry/remote/auth"
)

// maxCredentialFile bounds a file with credentials, in bytes.
const maxCredentialFile = 4 << 20

// CredentialFile is a file with credentials, as "podman login" and "docker login" write it: with entries for registries, or,
// as podman has them, for parts of one ("registry.example.com/team"), and with names of programs that keep credentials
// elsewhere. It is read once.
//
// Source: https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
type CredentialFile struct {
	path string
	load func() (*credentialConfig, error) // a nil config: the file is not there
}

// ReadCredentialFile reads a file with credentials. A file that is not there is an error, an [ErrCredentials] as every other.
func ReadCredentialFile(path string) (*CredentialFile, error) {
	config, err := readCredentials(path)
	if err == nil && config == nil {
		err = noCredentials(fs.ErrNotExist, "read credentials: "+path+" is not there")
	}
	if err != nil {
		return nil, err
	}
	return &CredentialFile{path: path, load: func() (*credentialConfig, error) { return config, nil }}, nil
}

// DefaultCredentialFiles returns the files that podman and Docker keep credentials in, in the order in which they are looked
// into: $REGISTRY_AUTH_FILE, $XDG_RUNTIME_DIR/containers/auth.json (without the variable, on Linux, the one under
// /run/containers), the user's containers/auth.json and Docker's config.json. The function tells variables of the
// environment, as [os.Getenv] does. Nothing is read before credentials are needed, and a file that is not there is passed over.
func DefaultCredentialFiles(getenv func(string) string) []*CredentialFile {
	var paths []string
	add := func(dir string, names ...string) {
		if dir != "" {
			paths = append(paths, filepath.Join(append([]string{dir}, names...)...))
		}
	}
	home := getenv("HOME")
	if home == "" {
		home = getenv("USERPROFILE")
	}
	in := func(variable, below string) string {
		if dir := getenv(variable); dir != "" || home == "" {
			return dir
		}
		return filepath.Join(home, below)
	}
	add(getenv("REGISTRY_AUTH_FILE"))
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" {
		add(dir, "containers", "auth.json")
	} else if runtime.GOOS == "linux" {
		add("/run/containers", strconv.Itoa(os.Getuid()), "auth.json")
	}
	add(in("XDG_CONFIG_HOME", ".config"), "containers", "auth.json")
	add(in("DOCKER_CONFIG", ".docker"), "config.json")
	var files []*CredentialFile
	for _, path := range paths {
		files = append(files, &CredentialFile{path: path, load: sync.OnceValues(func() (*credentialConfig, error) { return readCredentials(path) })})
	}
	return files
}

func (f *CredentialFile) isThere() bool {
	config, err := f.load()
	return err == nil && config != nil
}

// await reads the file, for no longer than there is time: it may be a named pipe, which nobody writes to.
func (f *CredentialFile) await(ctx context.Context) (*credentialConfig, error) {
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = f.load() // which keeps both
	}()
	select {
	case <-read:
		return f.load()
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, noCredentials(nil, "read credentials: "+f.path+": there is no end of it within the time limit")
	}
	return nil, ctx.Err()
}

// find finds the credential for a repository in the file: empty if there is none.
func (f *CredentialFile) find(ctx context.Context, registry, repository string) (credential, error) {
	config, err := f.await(ctx)
	if err != nil || config == nil {
		return credential{}, err
	}
	return config.find(ctx, f.path, registry, repository)
}

// credentialConfig is the content of a file. The entries are decoded when they are needed: one that is broken is of no
// concern to another registry.
type credentialConfig struct {
	Auths       map[string]json.RawMessage `json:"auths"`
	CredHelpers map[string]string          `json:"credHelpers"`
	CredsStore  string                     `json:"credsStore"`
}

// readCredentials reads a file; nil if it is not there.
func readCredentials(path string) (*credentialConfig, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil //nolint:nilnil // no file
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(io.LimitReader(file, maxCredentialFile+1))
	switch {
	case err != nil:
		return nil, unreadable(path, err)
	case len(data) > maxCredentialFile:
		return nil, noCredentials(nil, fmt.Sprintf("read credentials: %s is longer than %d bytes", path, maxCredentialFile))
	}
	config, err := parseCredentials(data)
	if err != nil {
		return nil, noCredentials(err, "read credentials: "+path+": "+withoutContent(err))
	}
	return config, nil
}

// unreadable says why a file cannot be read, naming it once.
func unreadable(path string, err error) error {
	why := err
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		why = at.Err
	}
	return noCredentials(err, fmt.Sprintf("read credentials: %s: %v", path, why))
}

// parseCredentials parses the content of a file. An empty one has no credentials, as Docker has it.
func parseCredentials(data []byte) (*credentialConfig, error) {
	config := &credentialConfig{}
	if strings.TrimSpace(string(data)) == "" {
		return config, nil
	}
	if err := json.Unmarshal(data, config); err != nil {
		return nil, err
	}
	return config, nil
}

// withoutContent says what is wrong with a JSON text, and where, without quoting it.
func withoutContent(err error) string {
	var (
		syntax *json.SyntaxError
		wrong  *json.UnmarshalTypeError
	)
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("not valid JSON at byte %d", syntax.Offset)
	case errors.As(err, &wrong):
		return fmt.Sprintf("a value of a wrong type at byte %d", wrong.Offset)
	}
	return "not valid JSON"
}

// find finds the credential for a repository, the longest key first. Of entries with the same key a program's goes before
// one that stands in the file, as in Docker; the program for everything else comes last.
func (c *credentialConfig) find(ctx context.Context, path, registry, repository string) (credential, error) {
	name := normalKey(registry)
	store := c.CredsStore
	for level := name + "/" + repository; ; level = level[:strings.LastIndex(level, "/")] {
		for _, key := range keysFor(level, c.CredHelpers) {
			helper := c.CredHelpers[key]
			if helper == "" { // Docker's word for: not by a program
				store = ""
				continue
			}
			if found, err := askHelper(ctx, path, helper, name, registry); !errors.Is(err, errNoSecret) {
				return found, err
			}
		}
		for _, key := range keysFor(level, c.Auths) {
			found, err := decodeEntry(c.Auths[key])
			if err != nil {
				return credential{}, noCredentials(err, fmt.Sprintf("read credentials: %s: the entry %q: %v", path, plain(key, maxExcerpt), err))
			}
			if found != auth.EmptyCredential {
				return credential{found, fmt.Sprintf("%s (entry %q)", path, plain(key, maxExcerpt))}, nil
			}
		}
		if level == name {
			break
		}
	}
	if store == "" {
		return credential{}, nil
	}
	found, err := askHelper(ctx, path, store, name, registry)
	if errors.Is(err, errNoSecret) {
		err = nil
	}
	return found, err
}

// keysFor returns the keys that stand for a registry or a part of it, the one that is spelt so first.
func keysFor[V any](name string, entries map[string]V) []string {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		switch {
		case key == name:
			keys = slices.Insert(keys, 0, key)
		case normalKey(key) == name:
			keys = append(keys, key)
		}
	}
	return keys
}

// normalKey returns what a key stands for: a registry, or a part of one. Docker once wrote the URL of a registry's API, and
// knows Docker Hub under several names.
func normalKey(key string) string {
	rest, secure := strings.CutPrefix(key, "https://")
	rest, plainly := strings.CutPrefix(rest, "http://")
	host, path, _ := strings.Cut(rest, "/")
	host, path = strings.ToLower(host), strings.TrimRight(path, "/")
	if host == "index.docker.io" || host == "registry-1.docker.io" {
		host = "docker.io"
	}
	if secure || plainly || path == "" || path == "v1" || path == "v2" {
		return host
	}
	return host + "/" + path
}

// decodeEntry decodes an entry of auths. Docker leaves an empty one where a program keeps the credentials. An error says
// what is wrong, and not with which text.
func decodeEntry(data json.RawMessage) (auth.Credential, error) {
	var entry struct {
		Auth          string `json:"auth"`
		Username      string `json:"username"`
		Password      string `json:"password"`
		IdentityToken string `json:"identitytoken"`
		RegistryToken string `json:"registrytoken"`
	}
	if err := json.Unmarshal(data, &entry); err != nil {
		return auth.EmptyCredential, errors.New("it is not as podman and Docker write it")
	}
	found := auth.Credential{Username: entry.Username, Password: entry.Password, RefreshToken: entry.IdentityToken, AccessToken: entry.RegistryToken}
	if entry.Auth != "" {
		pair, err := base64.StdEncoding.DecodeString(entry.Auth)
		if err != nil {
			return auth.EmptyCredential, errors.New("its auth is not valid base64")
		}
		name, password, ok := strings.Cut(string(pair), ":")
		if !ok {
			return auth.EmptyCredential, errors.New("its auth is not a user name and a password with a colon between them")
		}
		found.Username, found.Password = name, strings.TrimRight(password, "\x00") // older versions of Docker fill it up
	}
	if found.AccessToken != "" && !isToken(found.AccessToken) {
		return auth.EmptyCredential, errors.New("its registrytoken has characters that no token can have")
	}
	if found.Password == "" && found.RefreshToken == "" && found.AccessToken == "" {
		return auth.EmptyCredential, nil
	}
	return found, nil
}
