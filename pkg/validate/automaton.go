package validate

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// An automaton tells whether a regular expression matches any part of a text. It looks at every character once and has
// nothing to remember but the state that it is in, which is what makes it several times faster than package regexp, whose
// answers are the same.
//
// It is deterministic: a state stands for all places in the expression where a match may have come to. There can be
// exponentially many, so few expressions have none: those and the ones with conditions on what is beside a place (\b, and
// ^ and $ of single lines) are left to package regexp.
type automaton struct {
	// Characters that no state tells apart are of one class. Those of ASCII have theirs in a table, of others it is the
	// last one that begins at or before them.
	ascii  [utf8.RuneSelf]uint8
	begins []rune
	// next is the state after each state (a row) and class (a column).
	next    []uint8
	start   uint8
	matches []bool // of each state: whether a text that ends here matches
}

// The states that a text never leaves.
const (
	stateDead     = iota // no match is to come
	stateAccepted        // there was a match
	ordinaryStates
)

// The bounds of an automaton. What is beyond them is left to package regexp.
const (
	maxAutomatonStates  = 200
	maxAutomatonClasses = 100
	maxAutomatonSize    = 500    // instructions of the program that it is made of
	maxAutomatonWork    = 50_000 // instructions that are looked at to make it
)

// matchString tells whether any part of a text matches.
func (a *automaton) matchString(text string) bool {
	state, width := a.start, len(a.begins)
	for i := 0; state >= ordinaryStates && i < len(text); {
		var class int
		if c := text[i]; c < utf8.RuneSelf {
			class = int(a.ascii[c])
			i++
		} else {
			r, size := utf8.DecodeRuneInString(text[i:])
			class = a.class(r)
			i += size
		}
		state = a.next[int(state)*width+class]
	}
	return a.matches[state]
}

// class returns the class of a character.
func (a *automaton) class(r rune) int {
	i, found := slices.BinarySearch(a.begins, r)
	if !found {
		i--
	}
	return i
}

// newAutomaton makes the automaton of a compiled expression, or returns nil if it would be too large. The work is told in
// instructions that were looked at.
func newAutomaton(program *syntax.Prog) (a *automaton, work int) {
	if len(program.Inst) > maxAutomatonSize {
		return nil, 0
	}
	b := automatonBuilder{program: program, numbers: map[string]uint8{}, visited: make([]int, len(program.Inst))}
	if !b.classes() {
		return nil, 0
	}
	b.from = []int{program.Start}
	b.start, _ = b.state(true)
	for number := ordinaryStates; number < len(b.places); number++ { // states are found as this goes
		for _, first := range b.begins {
			next, ok := b.after(b.places[number], first)
			if !ok {
				return nil, b.work
			}
			b.next = append(b.next, next)
		}
	}
	made := b.automaton // alone: the builder would be kept with it
	return &made, b.work
}

// An automatonBuilder makes an automaton.
type automatonBuilder struct {
	automaton

	program *syntax.Prog
	places  [][]int          // of each state: the instructions that come next
	numbers map[string]uint8 // of the states, by their places
	visited []int            // of each instruction: in which walk it was
	walks   int
	work    int

	from, todo, reached []int // of a walk
	key                 []byte
}

// classes finds the classes of characters, and tells whether they are not too many.
func (b *automatonBuilder) classes() bool {
	b.begins = []rune{0}
	add := func(low, high rune) { b.begins = append(b.begins, low, high+1) }
	for i := range b.program.Inst {
		inst := &b.program.Inst[i]
		switch inst.Op {
		case syntax.InstRune1, syntax.InstRune:
			if len(inst.Rune) == 1 { // a letter, in any case if the flag says so
				add(inst.Rune[0], inst.Rune[0])
				for r := unicode.SimpleFold(inst.Rune[0]); r != inst.Rune[0]; r = unicode.SimpleFold(r) {
					add(r, r)
				}
			}
			for j := 0; j+1 < len(inst.Rune); j += 2 {
				add(inst.Rune[j], inst.Rune[j+1])
			}
		case syntax.InstRuneAnyNotNL:
			add('\n', '\n')
		case syntax.InstEmptyWidth:
			if condition(inst)&^(syntax.EmptyBeginText|syntax.EmptyEndText) != 0 {
				return false
			}
		default:
		}
		if len(b.begins) > maxAutomatonSize {
			return false
		}
	}
	slices.Sort(b.begins)
	if b.begins = slices.Compact(b.begins); len(b.begins) > maxAutomatonClasses {
		return false
	}
	for c := range b.ascii {
		b.ascii[c] = uint8(b.class(rune(c))) //nolint:gosec // there are at most maxAutomatonClasses
	}
	// The dead state and the accepted one, from which nothing leads away.
	b.places, b.matches = make([][]int, ordinaryStates), []bool{false, true}
	for state := range uint8(ordinaryStates) {
		b.next = append(b.next, slices.Repeat([]uint8{state}, len(b.begins))...)
	}
	return true
}

// after returns the state that a character leads to from some places, false if the automaton becomes too large.
func (b *automatonBuilder) after(places []int, r rune) (uint8, bool) {
	b.from = append(b.from[:0], b.program.Start) // a match may begin anywhere
	for _, pc := range places {
		if inst := &b.program.Inst[pc]; inst.Op != syntax.InstEmptyWidth && inst.MatchRune(r) {
			b.from = append(b.from, int(inst.Out))
		}
	}
	if b.work += len(places); b.work > maxAutomatonWork {
		return 0, false
	}
	return b.state(false)
}

// state returns the number of the state that has come to the instructions from, at the beginning of the text or after it;
// false if there are too many states.
func (b *automatonBuilder) state(atBeginning bool) (uint8, bool) {
	var holds syntax.EmptyOp
	if atBeginning {
		holds = syntax.EmptyBeginText
	}
	waiting, accepted := b.walk(holds)
	switch {
	case accepted:
		return stateAccepted, true
	case len(b.reached) == 0:
		return stateDead, true
	}
	matches := false
	if waiting {
		reached := slices.Clone(b.reached)
		_, matches = b.walk(holds | syntax.EmptyEndText)
		b.reached = reached
	}
	b.key = b.key[:0]
	if matches {
		b.key = append(b.key, 1)
	} else {
		b.key = append(b.key, 0)
	}
	for _, pc := range b.reached {
		b.key = binary.AppendUvarint(b.key, uint64(pc)) //nolint:gosec // a place is not negative
	}
	number, known := b.numbers[string(b.key)]
	if !known {
		if len(b.places) >= maxAutomatonStates {
			return 0, false
		}
		number = uint8(len(b.places)) //nolint:gosec // there are at most maxAutomatonStates
		b.numbers[string(b.key)] = number
		b.places = append(b.places, slices.Clone(b.reached))
		b.matches = append(b.matches, matches)
	}
	return number, true
}

// walk goes on from the instructions from, without a character, where certain conditions hold. It sets reached to those
// that ask for a character, or wait for the end of the text, sorted, and tells whether any waits and whether it has come
// to a match.
func (b *automatonBuilder) walk(holds syntax.EmptyOp) (waiting, accepted bool) {
	b.walks++
	b.reached = b.reached[:0]
	b.todo = append(b.todo[:0], b.from...)
	for len(b.todo) > 0 {
		pc := b.todo[len(b.todo)-1]
		b.todo = b.todo[:len(b.todo)-1]
		if b.visited[pc] == b.walks {
			continue
		}
		b.visited[pc] = b.walks
		b.work++
		inst := &b.program.Inst[pc]
		switch inst.Op {
		case syntax.InstMatch:
			return false, true
		case syntax.InstAlt, syntax.InstAltMatch:
			b.todo = append(b.todo, int(inst.Out), int(inst.Arg))
		case syntax.InstCapture, syntax.InstNop:
			b.todo = append(b.todo, int(inst.Out))
		case syntax.InstEmptyWidth:
			if condition(inst)&^holds == 0 {
				b.todo = append(b.todo, int(inst.Out))
			} else if condition(inst) == syntax.EmptyEndText {
				b.reached = append(b.reached, pc)
				waiting = true
			}
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			b.reached = append(b.reached, pc)
		case syntax.InstFail:
		}
	}
	slices.Sort(b.reached)
	return waiting, false
}

// condition returns what has to hold where an instruction is passed without a character.
func condition(inst *syntax.Inst) syntax.EmptyOp {
	return syntax.EmptyOp(inst.Arg) //nolint:gosec // which is how package syntax keeps it
}
