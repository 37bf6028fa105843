//go:build cgo || !arm64

package sources

import _ "sigs.k8s.io/node-feature-discovery/source/cpu" // registers itself
