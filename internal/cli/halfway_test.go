package cli_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/nfd-compat/nfd-compat/internal/cli"
	"github.com/nfd-compat/nfd-compat/internal/hosttest"
)

// TestRemoveInterrupted: what was taken off the list before an interrupt, or before the time was over, is named, and nothing is said
// to be selected that is no longer listed.
func TestRemoveInterrupted(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		interrupted bool
		code        int
		words       string
	}{
		"interrupt": {true, cli.ExitInterrupted, "not deleted: interrupted (and 1 more; -o json names all)\n"},
		"timeout":   {false, cli.ExitRegistry, "not deleted: no answer within the time limit of 900ms (--timeout) (and 1 more; -o json names all)\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := hosttest.NewRegistry(t, hosttest.RegistryOptions{NoReferrersAPI: true})
			image := attach(t, r, satisfied, unmet)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var written atomic.Bool
			r.Break(hosttest.Fault{Match: hosttest.On("", "/manifests/"+strings.Replace(image.Digest.String(), ":", "-", 1)), Serve: func(w http.ResponseWriter, req *http.Request, next http.Handler) {
				if req.Method == http.MethodGet && written.Load() {
					if tt.interrupted {
						defer cancel()
					} else {
						<-req.Context().Done() // for longer than the time limit
					}
				}
				next.ServeHTTP(w, req)
				written.Store(written.Load() || req.Method == http.MethodPut)
			}})
			args := []string{"remove-spec", "--plain-http", "--image", r.Host + "/demo/app:v1", "--all", "--yes", "-o", "json"}
			if !tt.interrupted {
				args = append(args, "--timeout", "900ms")
			}
			got := run(ctx, "", args...)
			var told struct {
				NotRemoved []struct {
					Unlisted bool
					Error    struct{ Message string }
				}
				Artifacts []any
			}
			if err := json.Unmarshal([]byte(got.stdout), &told); err != nil {
				t.Fatalf("%v\n%s%s", err, got.stdout, got.stderr)
			}
			if got.code != tt.code || len(told.NotRemoved) != 2 || len(told.Artifacts) != 0 {
				t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
			}
			message, _, _ := strings.Cut(tt.words, " (and")
			for _, left := range told.NotRemoved {
				if !left.Unlisted || !strings.HasSuffix(left.Error.Message, message) {
					t.Errorf("left %+v, want %s", left, message)
				}
			}
			if strings.Count(got.stderr, "no longer listed, and not deleted: sha256:") != 2 || !strings.HasSuffix(got.stderr, tt.words) || strings.Contains(got.stderr, "selected") {
				t.Error(got.stderr)
			}
		})
	}
}
