package footprint

import (
	"os"
	"runtime/debug"
)

// tuneCollector fits the garbage collector to a program that most often ends before there is much to collect: it begins
// later than it would by itself, and then keeps the whole within what a small Job may have. Who says otherwise in the
// environment is heard.
func tuneCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(52 << 20)
	}
}
