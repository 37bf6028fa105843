// Command registries serves one of the registries that others than olareg have made, with its content in memory, for the
// tests with real registries: see the package test/e2e.
//
//	registries -kind distribution|go-containerregistry -port PORT [-htpasswd FILE] [-keep]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"time"

	"github.com/distribution/distribution/v3/configuration"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/sirupsen/logrus"
)

// options are those of the command line.
type options struct {
	kind     string
	port     int
	htpasswd string
	keep     bool
}

func main() {
	var o options
	flag.StringVar(&o.kind, "kind", "", "distribution, or go-containerregistry")
	flag.IntVar(&o.port, "port", 0, "the port to listen on, at 127.0.0.1")
	flag.StringVar(&o.htpasswd, "htpasswd", "", "a file with the names and passwords of those who are let in; of distribution")
	flag.BoolVar(&o.keep, "keep", false, "delete nothing; of distribution")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := o.serve(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "registries:", err) //nolint:forbidigo // a command, if one for developers
		os.Exit(1)                                  //nolint:forbidigo // a command, if one for developers
	}
}

func (o *options) serve(ctx context.Context) error {
	var handler http.Handler
	switch {
	case o.kind == "distribution":
		handler = o.distribution(ctx)
	case o.kind == "go-containerregistry" && o.htpasswd == "" && !o.keep:
		quiet := log.New(io.Discard, "", 0) //nolint:forbidigo // it asks for one
		handler = registry.New(registry.WithReferrersSupport(true), registry.Logger(quiet))
	default:
		return errors.New("there is no such kind, or it has no such option")
	}
	server := &http.Server{
		Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(o.port)), Handler: handler, ReadHeaderTimeout: 10 * time.Second,
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// distribution is the registry of the CNCF, which many others are made of. It has no referrers API.
func (o *options) distribution(ctx context.Context) http.Handler {
	logrus.SetOutput(io.Discard)
	config := &configuration.Configuration{
		Storage: configuration.Storage{"inmemory": nil, "delete": {"enabled": !o.keep}},
	}
	config.HTTP.Secret = "of one process"
	if o.htpasswd != "" {
		config.Auth = configuration.Auth{"htpasswd": {"realm": "registry", "path": o.htpasswd}}
	}
	return handlers.NewApp(ctx, config)
}
