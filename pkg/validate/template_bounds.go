package validate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp/syntax"
	"slices"
	"strings"
	"text/template"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// The guards that are woven into a template. Their names cannot be written in one: the weaver has never heard of them.
const (
	guardStep  = "_step"  // counts
	guardPrint = "_print" // and looks at what will be printed
	guardText  = "_text"  // and measures a text
	guardRange = "_range" // and refuses to range over a number, or a function
)

// The bounds of what a function is given and gives. A value may be reached in several ways, and then counts as often, so
// that walking it is as bounded as it is.
const (
	maxValueBytes = 1 << 20
	maxValueNodes = 64 << 10
	maxValueDepth = 64
	// maxForeseen bounds what a function will make, where that can be foreseen, before it makes it.
	maxForeseen = 1 << 20
)

// The units of work, by what is done.
const (
	workOfCall = 256
	workOfNode = 64 // of a pipeline
	workOfPart = 16 // of a value that is walked
)

// A boundedFunction is a function of sprig or text/template, and what foresees its work where that is not linear in its
// arguments. Without a function it is a built-in one that makes nothing.
type boundedFunction struct {
	function any
	work     func(in []reflect.Value) (int, error)
}

// A templateRun is one execution of a template.
type templateRun struct {
	ctx    context.Context //nolint:containedctx // text/template has no way to hand one to its functions
	spent  int
	output bytes.Buffer
	err    error // why it ended, where a bound ended it
}

// end notes why the template ends.
func (r *templateRun) end(format string, args ...any) error {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
	return r.err
}

// spend counts work, and ends the template when there was too much of it or its context is done.
func (r *templateRun) spend(work int) error {
	const every = 1 << 12
	before := r.spent / every
	if r.spent += work; r.spent > maxTemplateWork || work < 0 {
		return r.end("it does more work than a template may")
	}
	if r.spent/every != before {
		if err := r.ctx.Err(); err != nil {
			return r.end("it was stopped: %w", err)
		}
	}
	return nil
}

// Write takes a piece of the output.
func (r *templateRun) Write(text []byte) (int, error) {
	if err := r.spend(workOfPart + len(text)/4); err != nil {
		return 0, err
	}
	if r.output.Len()+len(text) > maxTemplateOutput {
		return 0, r.end("it writes more than %d bytes", maxTemplateOutput)
	}
	return r.output.Write(text)
}

func (r *templateRun) addGuards(to template.FuncMap) {
	to[guardStep] = func(nodes int, value any) (any, error) {
		return value, r.spend(workOfCall + nodes*workOfNode)
	}
	to[guardText] = func(nodes int, value any) (any, error) {
		work := nodes * workOfNode
		if text, ok := value.(string); ok {
			work += len(text) / 4
		}
		return value, r.spend(work)
	}
	to[guardPrint] = func(nodes int, value any) (any, error) {
		if err := r.spend(workOfCall + nodes*workOfNode); err != nil {
			return nil, err
		}
		return value, r.look(reflect.ValueOf(value))
	}
	to[guardRange] = func(nodes int, value any) (any, error) {
		over, work := reflect.ValueOf(value), workOfCall+nodes*workOfNode
		switch over.Kind() {
		case reflect.Invalid: // nothing, over which nothing ranges
		case reflect.Slice, reflect.Array, reflect.Map:
			work += over.Len() * workOfNode
		default:
			return nil, r.end("range over a value of kind %s is refused: range over matched elements", over.Kind())
		}
		return value, r.spend(work)
	}
}

// wrap returns a function of the same type that is bounded.
func (r *templateRun) wrap(name string, f boundedFunction) any {
	function := reflect.ValueOf(f.function)
	of := function.Type()
	in, out := make([]reflect.Type, of.NumIn()), []reflect.Type{of.Out(0), reflect.TypeFor[error]()}
	for i := range in {
		in[i] = of.In(i)
	}
	return reflect.MakeFunc(reflect.FuncOf(in, out, of.IsVariadic()), func(args []reflect.Value) []reflect.Value {
		result, err := r.call(name, f, function, args)
		if err != nil {
			return []reflect.Value{reflect.Zero(out[0]), reflect.ValueOf(&err).Elem()}
		}
		return []reflect.Value{result, reflect.Zero(out[1])}
	}).Interface()
}

func (r *templateRun) call(name string, f boundedFunction, function reflect.Value, args []reflect.Value) (reflect.Value, error) {
	if err := r.spend(workOfCall); err != nil {
		return reflect.Value{}, err
	}
	for _, arg := range args {
		if err := r.look(arg); err != nil {
			return reflect.Value{}, err
		}
	}
	if f.work != nil {
		work, err := f.work(args)
		if err != nil {
			return reflect.Value{}, r.end("%s: %w", name, err)
		}
		if err := r.spend(work); err != nil {
			return reflect.Value{}, err
		}
	}
	var results []reflect.Value
	if function.Type().IsVariadic() {
		results = function.CallSlice(args)
	} else {
		results = function.Call(args)
	}
	if len(results) > 1 {
		if err, ok := reflect.TypeAssert[error](results[1]); ok {
			return reflect.Value{}, err
		}
	}
	if text := unwrap(results[0]); text.Kind() == reflect.String && text.Len() > maxTemplateString {
		return reflect.Value{}, r.end("%s makes a text of more than %d bytes", name, maxTemplateString)
	}
	return results[0], r.look(results[0])
}

// unwrap returns what an interface holds.
func unwrap(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	return v
}

// look measures a value that a function is given, or gives, or that is to be printed, and spends what that costs.
func (r *templateRun) look(v reflect.Value) error {
	var s size
	if !s.add(v, 0) {
		return r.end("a value is too large, or holds itself")
	}
	return r.spend(s.nodes*workOfPart + s.bytes/4)
}

// A size is that of a value with all that it holds.
type size struct{ nodes, bytes int }

// add adds a value, and stops with false when the size is beyond the bounds.
func (s *size) add(v reflect.Value, depth int) bool {
	if s.nodes++; s.nodes > maxValueNodes || s.bytes > maxValueBytes || depth > maxValueDepth {
		return false
	}
	switch v.Kind() {
	case reflect.String:
		s.bytes += v.Len()
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			return s.add(v.Elem(), depth+1)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if !s.add(v.Index(i), depth+1) {
				return false
			}
		}
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			if !s.add(entries.Key(), depth+1) || !s.add(entries.Value(), depth+1) {
				return false
			}
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			if !s.add(field, depth+1) {
				return false
			}
		}
	default:
		s.bytes += 8
	}
	return s.bytes <= maxValueBytes
}

// sizeOf measures arguments, which are known to be within the bounds.
func sizeOf(values ...reflect.Value) size {
	var s size
	for _, v := range values {
		s.add(v, 0)
	}
	return s
}

var (
	errForeseen    = errors.New("the result would be too large")
	errRegexpLarge = errors.New("the regular expression is too large")
)

// templateWork returns what foresees the work of a kind of functions, nil where it is linear.
func templateWork(kind string) func([]reflect.Value) (int, error) {
	text := func(v reflect.Value) string { return unwrap(v).String() }
	switch kind {
	case "replace": // old, new, text
		return func(in []reflect.Value) (int, error) {
			return foreseen(strings.Count(text(in[2]), text(in[0])), len(text(in[1])))
		}
	case "join": // separator, list
		return func(in []reflect.Value) (int, error) { return foreseen(sizeOf(in[1]).nodes, len(text(in[0]))) }
	case "squares": // every element is compared with every other
		return func(in []reflect.Value) (int, error) {
			s := sizeOf(in...)
			return s.nodes * (s.nodes*workOfPart + s.bytes/4), nil
		}
	case "product": // characters, text
		return func(in []reflect.Value) (int, error) { return len(text(in[0])) * len(text(in[1])) / 4, nil }
	case "semver": // read by large regular expressions
		return func(in []reflect.Value) (int, error) {
			const most, work = 1 << 10, 20_000
			if sizeOf(in...).bytes > most {
				return 0, fmt.Errorf("no version has more than %d bytes", most)
			}
			return work, nil
		}
	case "decimal": // the numbers of digits add up
		return func(in []reflect.Value) (int, error) {
			const most, work = 32, 2000
			if sizeOf(in...).nodes > most {
				return 0, errors.New("it has too many operands")
			}
			return work, nil
		}
	case "regexp": // pattern, text, and for some what to put instead
		return regexpWork
	default:
		return nil
	}
}

// foreseen bounds the length of a result that has a text of some length so many times.
func foreseen(times, length int) (int, error) {
	if times*length > maxForeseen {
		return 0, errForeseen
	}
	return times*length/4 + times, nil
}

func regexpWork(in []reflect.Value) (int, error) {
	const maxPattern, maxInstructions, perMicrosecond = 2 << 10, 4 << 10, 100
	pattern, text := unwrap(in[0]).String(), unwrap(in[1]).String()
	if len(pattern) > maxPattern {
		return 0, fmt.Errorf("a regular expression may have %d bytes", maxPattern)
	}
	parsing := parsingWork(pattern)
	if parsing > maxParsing {
		return 0, errRegexpLarge
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0, err
	}
	const maxGuessed = 4 * maxInstructions // the guess is from above
	if regexpSize(parsed, maxGuessed) > maxGuessed {
		return 0, errRegexpLarge
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0, err
	}
	size := len(program.Inst)
	work := parsing*perMicrosecond + size*(len(text)+32) // to match, and to compile
	if most := matchesAtMost(in, text); most > 1 {       // each may look at all that follows
		const perUnit = 8 // instructions, of a search that has begun
		work += size * len(text) / perUnit * most
	}
	if len(in) > 2 && unwrap(in[2]).Kind() == reflect.String { // each match is replaced, and a $ may repeat it
		by := unwrap(in[2]).String()
		if _, err := foreseen(len(text)+1, len(by)); err != nil {
			return 0, err
		}
		if _, err := foreseen(strings.Count(by, "$"), len(text)); err != nil {
			return 0, err
		}
	}
	return work, nil
}

// matchesAtMost bounds how many matches a function looks for, of which the first is at the beginning: as many as it is told
// to, or that the text has room for.
func matchesAtMost(in []reflect.Value, text string) int {
	if len(in) == 2 { // it tells whether there is one, or finds it
		return 1
	}
	if n := unwrap(in[2]); n.CanInt() && n.Int() >= 0 {
		return int(min(n.Int(), int64(len(text)+1)))
	}
	return len(text) + 1
}

// printfWork foresees how long a formatted text will be.
func printfWork(in []reflect.Value) (int, error) {
	const maxWidth, perNode, perByte = 256, 64, 10 // a character can be written as \U00012345
	format := unwrap(in[0]).String()
	verbs, width := 0, 0
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		verbs++
		for i++; i < len(format) && strings.IndexByte("+-# 0123456789.[]*", format[i]) >= 0; i++ {
			switch c := format[i]; {
			case c == '*':
				return 0, errors.New("a width that is an argument is refused: write the number")
			case '0' <= c && c <= '9':
				if width = width*10 + int(c-'0'); width > maxWidth {
					return 0, fmt.Errorf("a width may be %d", maxWidth)
				}
			default:
				width = 0
			}
		}
		width = 0
	}
	s := sizeOf(in[1:]...)
	return foreseen(verbs, s.nodes*(maxWidth+perNode)+s.bytes*perByte)
}

// sortedKeys is sprig's keys, in order.
func sortedKeys(dicts ...map[string]any) []string {
	var all []string
	for _, dict := range dicts {
		all = slices.AppendSeq(all, maps.Keys(dict))
	}
	slices.Sort(all)
	return all
}

// nearestFunction suggests a function for a name that is none.
func nearestFunction(name string, known map[string]boundedFunction) string {
	if near := spec.Nearest(name, slices.Sorted(maps.Keys(known))); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}
