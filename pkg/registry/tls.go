package registry

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// TLS is whom to trust, and who we are. The zero value, and nil, trust the system's certificate authorities. The key
// exchange is Go's choice, and the version at least 1.2.
type TLS struct {
	// Authorities are trusted beside those of the system.
	Authorities []*x509.Certificate
	// Certificate is ours, for a registry that asks who we are. Nil if we have none.
	Certificate *tls.Certificate
	// Insecure verifies no certificate: whoever sits on the way can read everything, the credentials too, and change it.
	Insecure bool
}

// maxPEM bounds a file with certificates or a key, in bytes.
const maxPEM = 4 << 20

// ReadAuthorities reads a file with certificates in PEM, at least one.
func ReadAuthorities(file string) ([]*x509.Certificate, error) {
	text, err := readPEM(file)
	if err != nil {
		return nil, err
	}
	var all []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue // a bundle may hold more
		}
		one, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: certificate %d cannot be read: %w", file, len(all)+1, err)
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no certificate in PEM", file)
	}
	return all, nil
}

// ReadCertificate reads a certificate, with those that lead from it to an authority, and its private key, both in PEM.
func ReadCertificate(certFile, keyFile string) (*tls.Certificate, error) {
	cert, err := readPEM(certFile)
	if err != nil {
		return nil, err
	}
	key, err := readPEM(keyFile)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("the certificate in %s and the key in %s cannot be used: %w", certFile, keyFile, err)
	}
	return &pair, nil
}

func readPEM(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err // it names the operation, the file and the cause
	}
	defer file.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(file, maxPEM+1))
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(text) > maxPEM {
		return nil, fmt.Errorf("%s is longer than %d bytes", name, maxPEM)
	}
	return text, nil
}

// config is what crypto/tls makes of it.
func (t *TLS) config() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if t == nil {
		return config
	}
	config.InsecureSkipVerify = t.Insecure
	if t.Certificate != nil {
		config.Certificates = []tls.Certificate{*t.Certificate}
	}
	if len(t.Authorities) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool() // a system without any, such as an empty container
		}
		for _, one := range t.Authorities {
			pool.AddCert(one)
		}
		config.RootCAs = pool
	}
	return config
}
