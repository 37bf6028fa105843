//go:build !linux

package footprint

func releaseStartPages() {}
