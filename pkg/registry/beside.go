package registry

import "context"

// side is work that is done beside other work.
type side[T any] struct {
	end    context.CancelFunc
	done   chan struct{}
	result T
	err    error
	fault  any // what it panicked with
}

// beside begins work that goes on while the caller does other work. The caller waits for it or cancels it.
func beside[T any](ctx context.Context, do func(context.Context) (T, error)) *side[T] {
	ctx, end := context.WithCancel(ctx) //nolint:gosec // wait and cancel call it
	s := &side[T]{end: end, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		defer func() { s.fault = recover() }()
		s.result, s.err = do(ctx)
	}()
	return s
}

// wait returns the result. A panic goes on in the caller, who may have provided for it.
func (s *side[T]) wait() (T, error) {
	<-s.done
	s.end()
	if s.fault != nil {
		panic(s.fault)
	}
	return s.result, s.err
}

// cancel ends the work, whose result is of no interest, and waits until it has ended.
func (s *side[T]) cancel() {
	s.end()
	<-s.done
}
