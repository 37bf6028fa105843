package cli

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// inParallel does a number of things, some at a time, and returns when all are done. A panic in one of them goes on in the
// caller, where [Main] sees to it: in a goroutine of its own it would end the program with Go's exit code, which is wrong usage.
func inParallel(most, number int, do func(int)) {
	var (
		next    = make(chan int)
		workers sync.WaitGroup
		first   sync.Once
		fault   any
	)
	one := func(i int) {
		defer func() {
			if found := recover(); found != nil {
				stack := debug.Stack()
				first.Do(func() { fault = fmt.Sprintf("%v\n%s", found, stack) })
			}
		}()
		do(i)
	}
	for range min(most, number) {
		workers.Go(func() {
			for i := range next {
				one(i)
			}
		})
	}
	for i := range number {
		next <- i
	}
	close(next)
	workers.Wait()
	if fault != nil {
		panic(fault)
	}
}
