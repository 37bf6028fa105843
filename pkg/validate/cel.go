package validate

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	celenv "cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"

	"github.com/nfd-compat/nfd-compat/pkg/spec"
)

// A celRule is a compiled CEL rule.
type celRule struct {
	name, message string
	program       cel.Program
	// reads are the features that the expression reads. The names are those of its text, which may differ in case.
	reads []celRead
	// keys are all names that the expression could ask of a map, for [celRule.unknowns].
	keys []string
	// regexps is the size of its regular expressions, in instructions.
	regexps int
}

// A celCompiler is what the CEL rules of a spec are compiled with.
type celCompiler struct {
	vocabulary spec.Vocabulary
	env        *cel.Env // nil before the first rule
	count      int      // of rules
	text       int      // of them, in bytes
}

// newCELEnvironment returns what an expression can use: the three maps, version, and CEL's standard functions and macros
// less those of time, which read the files of the machine that they run on, and dyn, which hides the type of a value.
func newCELEnvironment() (*cel.Env, error) {
	text := cel.StringType
	attributes := cel.MapType(text, text)
	var without []*celenv.Function
	for _, name := range []string{
		overloads.TypeConvertTimestamp, overloads.TypeConvertDuration,
		overloads.TimeGetFullYear, overloads.TimeGetMonth, overloads.TimeGetDayOfYear, overloads.TimeGetDate,
		overloads.TimeGetDayOfMonth, overloads.TimeGetDayOfWeek, overloads.TimeGetHours, overloads.TimeGetMinutes,
		overloads.TimeGetSeconds, overloads.TimeGetMilliseconds,
		overloads.TypeConvertDyn, overloads.Matches, // the latter comes back with a bound
	} {
		without = append(without, celenv.NewFunction(name))
	}
	comparison := func(operator string) cel.EnvOption {
		return cel.Function(operator, cel.Overload(operator+"version", []*cel.Type{celVersionType(), celVersionType()}, cel.BoolType))
	}
	env, err := cel.NewCustomEnv(
		cel.StdLib(cel.StdLibSubset(celenv.NewLibrarySubset().AddExcludedFunctions(without...))),
		cel.Variable("flags", cel.MapType(text, cel.ListType(text))),
		cel.Variable("attributes", cel.MapType(text, attributes)),
		cel.Variable("instances", cel.MapType(text, cel.ListType(attributes))),
		cel.Function("version", cel.Overload("version_string", []*cel.Type{text}, celVersionType(), cel.UnaryBinding(celVersionOf))),
		cel.Function(overloads.Matches, cel.MemberOverload("matches_bounded", []*cel.Type{text, text}, cel.BoolType, cel.BinaryBinding(celMatches))),
		comparison(operators.Less), comparison(operators.LessEquals), comparison(operators.Greater), comparison(operators.GreaterEquals),
		cel.ParserExpressionSizeLimit(maxCELText), cel.ExpressionNodeLimit(maxCELNodes),
	)
	if err != nil {
		return nil, fmt.Errorf("prepare for CEL: %w", err)
	}
	return env, nil
}

// compileCEL compiles an expression. The error says for people what is wrong, and at which of its characters.
func compileCEL(env *cel.Env, expression string) (*celRule, error) {
	parsed, issues := env.Parse(expression)
	if err := celIssue(expression, issues); err != nil {
		return nil, err
	}
	regexps, err := celParsing(expression, parsed.NativeRep())
	if err != nil {
		return nil, err
	}
	checked, issues := env.Check(parsed)
	if err := celIssue(expression, issues); err != nil {
		return nil, err
	}
	for _, v := range []cel.ASTValidator{cel.ValidateRegexLiterals(), cel.ValidateHomogeneousAggregateLiterals()} {
		issues := cel.NewIssuesWithSourceInfo(common.NewErrors(checked.Source()), checked.NativeRep().SourceInfo())
		v.Validate(env, celDefaults{}, checked.NativeRep(), issues)
		if err := celIssue(expression, issues); err != nil {
			return nil, err
		}
	}
	if checked.OutputType() != cel.BoolType {
		return nil, fmt.Errorf("the expression gives %s, and must give a bool", cel.FormatCELType(checked.OutputType()))
	}
	native := checked.NativeRep()
	w := celWalker{types: native.TypeMap(), wrong: map[int64]string{}, keys: map[string]bool{}}
	w.walk(native.Expr())
	for _, id := range slices.Sorted(maps.Keys(w.wrong)) {
		at := native.SourceInfo().GetStartLocation(id)
		return nil, celFault(expression, at.Line(), at.Column(), w.wrong[id])
	}
	program, err := env.Program(checked,
		cel.EvalOptions(cel.OptPartialEval), cel.InterruptCheckFrequency(checkEvery), cel.OptimizeRegex(celRegexps()),
		cel.MemoryLimit(maxCELValue), cel.MemoryTracking(types.MemoryTrackerSizeCalculator(
			types.NewSizeCalculator(types.SizeCalculatorMaxTraversal(maxCELValue)))), cel.CostLimit(maxCELCost),
		cel.CostTracking(nil), cel.CostTrackerOptions(celCosts()...), cel.CustomDecoratorV2(celHearing),
	)
	if err != nil {
		return nil, errors.New(shorten(err.Error()))
	}
	return &celRule{program: program, reads: w.reads, keys: slices.Sorted(maps.Keys(w.keys)), regexps: regexps}, nil
}

// celIssue returns the first of the issues as an error. To ask CEL for an error would write down all of them, which takes
// seconds where there are a hundred of one long line.
func celIssue(expression string, issues *cel.Issues) error {
	found := issues.Errors()
	if len(found) == 0 {
		return nil
	}
	first := slices.MinFunc(found, func(a, b *common.Error) int {
		return cmp.Or(cmp.Compare(a.Location.Line(), b.Location.Line()), cmp.Compare(a.Location.Column(), b.Location.Column()))
	})
	return celFault(expression, first.Location.Line(), first.Location.Column(), first.Message)
}

// celDefaults configures CEL's validators, which run apart from the check for the sake of celIssue: with nothing.
type celDefaults struct{}

// GetOrDefault returns the default.
func (celDefaults) GetOrDefault(_ string, value any) any { return value }

// celParsing tells the size of the regular expressions in an expression, and bounds them before CEL parses them. CEL's own
// limit would parse them, those of the host too, before anything else is asked of them.
func celParsing(expression string, parsed *ast.AST) (size int, err error) {
	var patterns celPatterns
	ast.PreOrderVisit(parsed.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != overloads.Matches {
			return
		}
		for _, arg := range e.AsCall().Args() {
			if err != nil || arg.Kind() != ast.LiteralKind {
				continue
			}
			text, _ := arg.AsLiteral().(types.String)
			if fault := patterns.add(string(text), types.RegexProgramSize); fault != "" {
				at := parsed.SourceInfo().GetStartLocation(arg.ID())
				err = celFault(expression, at.Line(), at.Column(), fault)
			}
		}
	}))
	return patterns.size, err
}

// celHearing has the context asked before each call, which CEL does in loops only: a long expression without one has
// hundreds of regular expressions, or of collections with 100,000 elements, each of which takes milliseconds.
func celHearing(i interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
	if call, ok := i.(interpreter.InterpretableCall); ok {
		return hearingCall{call}, nil
	}
	return i, nil
}

type hearingCall struct{ interpreter.InterpretableCall }

// Exec implements the call.
func (c hearingCall) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	if frame.CheckInterrupt() {
		return types.WrapErr(interpreter.InterruptError{})
	}
	return c.InterpretableCall.Exec(frame)
}

// celCosts sets the cost of functions that take longer for a longer text, which CEL takes for free.
func celCosts() []cost.TrackerOption {
	const perCost = 10 // characters
	linear := func(args []ref.Val, _ ref.Val) *uint64 { return new(1 + celLength(args)/perCost) }
	options := []cost.TrackerOption{}
	for _, overload := range []string{
		overloads.SizeString, overloads.SizeStringInst, overloads.StringToInt, overloads.StringToUint, overloads.StringToDouble,
		overloads.StringToBytes, overloads.BytesToString, overloads.BytesToBytes,
	} {
		options = append(options, cost.OverloadTracker(overload, linear))
	}
	return append(options, cost.OverloadTracker("matches_bounded", func(args []ref.Val, _ ref.Val) *uint64 {
		return new(1 + costOfMatches*celLength(args[:1]))
	}))
}

// celLength adds up the lengths of texts.
func celLength(args []ref.Val) uint64 {
	length := 0
	for _, arg := range args {
		switch v := arg.(type) {
		case types.String:
			length += len(v)
		case types.Bytes:
			length += len(v)
		}
	}
	return uint64(length)
}

// celMatches is CEL's matches, bounded.
func celMatches(text, pattern ref.Val) ref.Val {
	p, ok := pattern.(types.String)
	if !ok || len(p) > maxCELMatch {
		return types.NewErr("matches takes texts of at most %d bytes", maxCELMatch)
	}
	if parsingWork(string(p)) > maxCELParsing {
		return types.NewErr("the classes of characters in the regular expression are too many")
	}
	re, err := types.CompileRegexWithLimit(string(p), maxCELRegexp)
	if err != nil {
		return types.WrapErr(err)
	}
	return celTry(re, text)
}

func celTry(re *regexp.Regexp, text ref.Val) ref.Val {
	t, ok := text.(types.String)
	if !ok || len(t) > maxCELMatch {
		return types.NewErr("matches takes texts of at most %d bytes", maxCELMatch)
	}
	return types.Bool(re.MatchString(string(t)))
}

// celRegexps compiles the pattern of matches once where it is a constant, whose size the compiler has checked.
func celRegexps() *interpreter.RegexOptimization {
	return &interpreter.RegexOptimization{
		Function: overloads.Matches, RegexIndex: 1,
		Factory: func(call interpreter.InterpretableCall, pattern string) (interpreter.InterpretableCall, error) {
			re, err := regexp.Compile(pattern)
			return hearingCall{interpreter.NewCall(call.ID(), call.Function(), call.OverloadID(), call.Args(), func(values ...ref.Val) ref.Val {
				return celTry(re, values[0])
			})}, err
		},
	}
}

// A celWalker collects what a checked expression reads, and what is wrong in it that CEL itself would let pass.
type celWalker struct {
	types map[int64]*types.Type
	reads []celRead
	keys  map[string]bool
	wrong map[int64]string // by the part of the expression
}

func (w *celWalker) walk(root ast.Expr) {
	indexed := map[int64]bool{} // the names of the three maps where they are indexed by a constant
	ast.PreOrderVisit(root, ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.IdentKind:
			w.name(e, e.AsIdent())
		case ast.SelectKind:
			w.keys[e.AsSelect().FieldName()] = true
		case ast.LiteralKind:
			if text, ok := e.AsLiteral().(types.String); ok {
				w.keys[string(text)] = true
			}
		case ast.ComprehensionKind: // a loop's variable of such a name would hide the map
			loop := e.AsComprehension()
			for _, name := range []string{loop.IterVar(), loop.IterVar2(), loop.AccuVar()} {
				w.name(e, name)
			}
		case ast.StructKind:
			w.wrong[e.ID()] = "messages are refused"
		case ast.CallKind:
			w.call(e.AsCall(), e.ID(), indexed)
		case ast.ListKind, ast.MapKind, ast.UnspecifiedExprKind:
		}
	}))
	for id := range indexed {
		delete(w.wrong, id)
	}
}

// name refuses the names of the three maps; where they are indexed this is taken back.
func (w *celWalker) name(e ast.Expr, name string) {
	name = strings.TrimPrefix(name, ".")
	if slices.Contains(celKinds(), name) {
		w.wrong[e.ID()] = fmt.Sprintf("%s can only be indexed by the name of a feature, in quotes: %s[\"cpu.cpuid\"]", name, name)
	}
}

func (w *celWalker) call(call ast.CallExpr, id int64, indexed map[int64]bool) {
	switch call.FunctionName() {
	case operators.Index:
		of, by := call.Args()[0], call.Args()[1]
		if of.Kind() != ast.IdentKind || by.Kind() != ast.LiteralKind {
			return
		}
		kind := strings.TrimPrefix(of.AsIdent(), ".")
		if name, ok := by.AsLiteral().(types.String); ok && slices.Contains(celKinds(), kind) {
			indexed[of.ID()] = true
			w.reads = append(w.reads, celRead{kind: kind, name: string(name)})
		}
	case operators.Equals, operators.NotEquals, operators.In:
		// What holds itself twice, and that again, takes forever to compare, and CEL counts only the outermost.
		first, second := w.types[call.Args()[0].ID()], w.types[call.Args()[1].ID()]
		flat := isFlat(first)
		if call.FunctionName() == operators.In {
			flat = isScalar(first)
		}
		if !flat && (call.FunctionName() == operators.In || !isFlat(second)) {
			w.wrong[id] = "only scalars, and lists and maps of scalars, can be compared"
		}
	}
}

// isFlat tells whether values of a type are scalars, or lists or maps of scalars.
func isFlat(t *types.Type) bool {
	return isScalar(t) || t != nil && len(t.Parameters()) > 0 && !slices.ContainsFunc(t.Parameters(), func(p *types.Type) bool { return !isScalar(p) })
}

func isScalar(t *types.Type) bool {
	if t == nil {
		return false
	}
	switch t.Kind() {
	case types.BoolKind, types.BytesKind, types.DoubleKind, types.IntKind, types.StringKind, types.UintKind, types.NullTypeKind:
		return true
	default:
		return t.IsExactType(celVersionType())
	}
}

// celRule judges a CEL rule. The error is the context's.
func (e *evaluation) celRule(r *celRule) (CELRuleResult, error) {
	vars := map[string]any{}
	for _, kind := range celKinds() {
		vars[kind] = map[string]any{}
	}
	var unknowns []*cel.AttributePatternType
	var reasons []string
	for _, read := range r.reads {
		of, _ := vars[read.kind].(map[string]any)
		if _, known := of[read.name]; known {
			continue
		}
		o := e.observe(read.feature(), read.place)
		of[read.name] = types.DefaultTypeAdapter.NativeToValue(o.celValue(read.kind))
		patterns, reason := o.celUnknowns(read, r.keys)
		unknowns = append(unknowns, patterns...)
		if reason != "" && !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	var value ref.Val
	partial, err := cel.PartialVars(vars, unknowns...)
	if err == nil {
		value, _, err = r.program.ContextEval(e.watch.ctx, partial)
	}
	outcome := Unknown
	switch {
	case err != nil:
	case value == types.True:
		outcome = Match
	case value == types.False:
		outcome = Mismatch
	}
	return e.celResult(r, outcome, err, reasons), e.ended()
}

// celUnknowns returns what of a feature is unknown to CEL's partial evaluation, and why: all of it, if nothing can be told
// of it. Of one that could be read in part, the attributes that were found are known by their names, but neither which
// others there are, nor its flags or instances as a whole.
func (o *observation) celUnknowns(read celRead, keys []string) ([]*cel.AttributePatternType, string) {
	whole := func() *cel.AttributePatternType { return cel.AttributePattern(read.kind).QualString(read.name) }
	reason, inPart := o.celDoubt(read.kind)
	switch {
	case reason == "":
		return nil, ""
	case !inPart:
		return []*cel.AttributePatternType{whole()}, reason
	}
	// A pattern that is longer than what is asked for covers it: by a name that nobody writes the map as a whole is unknown.
	patterns := []*cel.AttributePatternType{whole().QualString("\x00")}
	for _, key := range keys {
		if _, found := o.attributes[key]; !found && o.doubt(key) != "" {
			patterns = append(patterns, whole().QualString(key))
		}
	}
	return patterns, reason
}

// A celVersion is a version in an expression, to be compared.
type celVersion struct{ version }

// celVersionType is the type of a celVersion.
func celVersionType() *cel.Type { return types.NewObjectType("version", traits.ComparerType) }

func celVersionOf(text ref.Val) ref.Val {
	const most = 256
	s, ok := text.(types.String)
	if !ok || len(s) > most {
		return types.NewErr("version takes a text of at most %d bytes", most)
	}
	v, ok := parseVersion(string(s))
	if !ok {
		return types.NewErr("%s is not a version", quote(string(s)))
	}
	return celVersion{v}
}

// Compare implements the comparison operators.
func (v celVersion) Compare(other ref.Val) ref.Val {
	w, ok := other.(celVersion)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	return types.Int(v.compare(w.version))
}

// Equal implements ==.
func (v celVersion) Equal(other ref.Val) ref.Val {
	w, ok := other.(celVersion)
	return types.Bool(ok && v.compare(w.version) == 0)
}

// ConvertToNative refuses: nothing but the comparisons is of use outside CEL.
func (v celVersion) ConvertToNative(to reflect.Type) (any, error) {
	return nil, fmt.Errorf("a version is no %v", to)
}

// ConvertToType implements type, and string.
func (v celVersion) ConvertToType(to ref.Type) ref.Val {
	if to == types.TypeType {
		return celVersionType()
	}
	return types.NewErr("a version is no %s", to.TypeName())
}

// Type returns the type of versions.
func (v celVersion) Type() ref.Type { return celVersionType() }

// Value returns the version itself.
func (v celVersion) Value() any { return v.version }
