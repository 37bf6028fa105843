package features

import "context"

// discoverCoprocessor looks for the Nest accelerator for compression of ppc64le, which the firmware tells by the directory
// /sys/devices/vio/ibm,compression-v1/nx_gzip_caps. Elsewhere the feature is absent.
func discoverCoprocessor(_ context.Context, v *view) finding {
	const caps = "sys/devices/vio/ibm,compression-v1/nx_gzip_caps"
	switch there, err := v.files.exists(caps); {
	case err != nil:
		return unreadable(err)
	case !there:
		return v.missing(caps, sysPlace)
	}
	return finding{attributes: map[string]string{"nx_gzip": "true"}}
}
