package validate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/Masterminds/sprig/v3"
)

// A varsTemplate is a rule's varsTemplate, parsed once and bounded: a published spec is written by a stranger.
//
// It is Go's text/template with sprig's text functions, as in NFD, less what reads the environment, the network or the
// clock, what is random, and what allocates by a number that it is given. Whatever else a template can do at any length
// goes through a guard that is woven into its tree: every pipeline, every function that makes something, and all output.
type varsTemplate struct {
	tree *parse.Tree
	// functions are those that the template calls and that are bounded, by name.
	functions map[string]any
	// plain is the template if it is simple enough to be executed without text/template, and else nil.
	plain plainTemplate
}

// The bounds of a template. Work is counted in units of very roughly ten nanoseconds, so that what a template is worth
// does not depend on the machine.
const (
	maxTemplateText   = 64 << 10 // of its source, as in NFD
	maxTemplateOutput = 64 << 10
	maxTemplateString = 64 << 10 // of a function's result
	maxTemplateWork   = 8 << 20
)

// templateName stands for a template's name in the errors of text/template.
const templateName = "varsTemplate"

// parseTemplate parses a template and weaves the guards into it, with templateFunctions for the allowed functions. The error says, for people, on which line what is wrong.
func parseTemplate(text string, allowed map[string]boundedFunction) (*varsTemplate, error) {
	if len(text) > maxTemplateText {
		return nil, fmt.Errorf("the template has %d bytes, more than %d", len(text), maxTemplateText)
	}
	tree := parse.New(templateName)
	tree.Mode = parse.SkipFuncCheck
	defined := map[string]*parse.Tree{}
	if _, err := tree.Parse(text, "", "", defined); err != nil {
		return nil, errors.New(templateFault(err))
	}
	// An empty template is not in the set; of one that has the name of this one the tree is another.
	if main, ok := defined[templateName]; len(defined) > 1 || ok && main != tree {
		return nil, errors.New("define, template and block are refused: write the lines themselves")
	}
	plain := plainTemplateOf(tree)
	w := weaver{text: text, allowed: allowed, used: map[string]any{}}
	w.list(tree.Root)
	if w.err != nil {
		return nil, w.err
	}
	return &varsTemplate{tree: tree, functions: w.used, plain: plain}, nil
}

// templateSyntax says what keeps a template from being parsed at all. NFD executes the templates of its own objects, which a
// cluster's administrator writes, without our bounds.
func templateSyntax(text string) error {
	tree := parse.New(templateName)
	tree.Mode = parse.SkipFuncCheck
	if _, err := tree.Parse(text, "", "", map[string]*parse.Tree{}); err != nil {
		return errors.New(templateFault(err))
	}
	return nil
}

// templateFault makes an error of text/template readable: "line 2: unexpected EOF".
func templateFault(err error) string {
	text := err.Error()
	if rest, ok := strings.CutPrefix(text, "template: "+templateName+":"); ok {
		if place, message, ok := strings.Cut(rest, ": "); ok {
			line, _, _ := strings.Cut(place, ":")
			text = "line " + line + ": " + message
		}
	}
	text = strings.ReplaceAll(text, fmt.Sprintf("executing %q ", templateName), "")
	return shorten(text)
}

// shorten cuts what a reader would not read to the end.
func shorten(text string) string {
	const most = 300
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// A weaver walks the tree of a template, refuses what is not allowed, and weaves the guards in.
type weaver struct {
	text    string
	allowed map[string]boundedFunction
	used    map[string]any
	err     error // the first fault
}

func (w *weaver) fault(n parse.Node, format string, args ...any) {
	if w.err == nil {
		line := 1 + strings.Count(w.text[:n.Position()], "\n")
		w.err = fmt.Errorf("line %d: %s", line, fmt.Sprintf(format, args...))
	}
}

func (w *weaver) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.ActionNode:
			if len(n.Pipe.Decl) > 0 {
				w.pipe(n.Pipe, guardStep)
			} else {
				w.pipe(n.Pipe, guardPrint)
			}
		case *parse.IfNode:
			w.branch(&n.BranchNode, guardStep)
		case *parse.WithNode:
			w.branch(&n.BranchNode, guardStep)
		case *parse.RangeNode:
			if number := onlyNumber(n.Pipe); number != nil {
				w.fault(number, "range over the number %s is refused: range over matched elements", shorten(number.Text))
			}
			w.branch(&n.BranchNode, guardRange)
		case *parse.TextNode, *parse.CommentNode, *parse.BreakNode, *parse.ContinueNode:
		default:
			w.fault(n, "%s is refused", shorten(n.String()))
		}
	}
}

func (w *weaver) branch(n *parse.BranchNode, guard string) {
	w.pipe(n.Pipe, guard)
	w.list(n.List)
	w.list(n.ElseList)
}

// onlyNumber returns the number that a pipeline consists of, or nil.
func onlyNumber(p *parse.PipeNode) *parse.NumberNode {
	if len(p.Cmds) != 1 || len(p.Cmds[0].Args) != 1 {
		return nil
	}
	number, _ := p.Cmds[0].Args[0].(*parse.NumberNode)
	return number
}

// pipe weaves a guard into a pipeline, as its last command: {{ .Name }} becomes {{ .Name | _guard N }}, where N is how
// many nodes the pipeline has, which is what evaluating it costs.
func (w *weaver) pipe(p *parse.PipeNode, guard string) {
	nodes := 0
	for i := 0; i < len(p.Cmds); i++ {
		args := p.Cmds[i].Args
		compares := comparesTexts(args[0])
		for j, arg := range args {
			if j > 0 && compares {
				arg = w.measured(arg)
				args[j] = arg
			} else {
				w.arg(arg)
			}
			nodes++
		}
		if i > 0 && compares { // what is piped into it
			p.Cmds = slices.Insert(p.Cmds, i, w.guard(guardText, 1, p.Pos))
			i++
		}
	}
	p.Cmds = append(p.Cmds, w.guard(guard, nodes, p.Pos))
}

// guard returns a command that guards so many nodes.
func (w *weaver) guard(name string, nodes int, at parse.Pos) *parse.CommandNode {
	w.used[name] = nil
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: at, Args: []parse.Node{
		parse.NewIdentifier(name).SetPos(at),
		&parse.NumberNode{NodeType: parse.NodeNumber, Pos: at, IsInt: true, Int64: int64(nodes), Text: fmt.Sprint(nodes)},
	}}
}

// comparesTexts tells of a command's first node whether it is a built-in function that goes through texts, of which it can
// be given thousands.
func comparesTexts(n parse.Node) bool {
	function, ok := n.(*parse.IdentifierNode)
	return ok && slices.Contains([]string{"eq", "ne", "lt", "le", "gt", "ge", "index"}, function.Ident)
}

// measured puts a guard around an argument of such a function.
func (w *weaver) measured(arg parse.Node) parse.Node {
	switch arg.(type) {
	case *parse.FieldNode, *parse.VariableNode, *parse.ChainNode, *parse.DotNode, *parse.PipeNode:
		p := &parse.PipeNode{NodeType: parse.NodePipe, Pos: arg.Position(), Cmds: []*parse.CommandNode{
			{NodeType: parse.NodeCommand, Pos: arg.Position(), Args: []parse.Node{arg}},
		}}
		w.pipe(p, guardText)
		return p
	}
	w.arg(arg)
	return arg
}

func (w *weaver) arg(node parse.Node) {
	switch n := node.(type) {
	case *parse.PipeNode:
		w.pipe(n, guardStep)
	case *parse.ChainNode:
		w.arg(n.Node)
	case *parse.IdentifierNode:
		w.function(n)
	}
}

func (w *weaver) function(n *parse.IdentifierNode) {
	f, ok := w.allowed[n.Ident]
	switch {
	case ok && f.function != nil:
		w.used[n.Ident] = f
	case ok: // a built-in function that makes nothing
	case sprig.TxtFuncMap()[n.Ident] != nil || n.Ident == "call":
		w.fault(n, "the function %s is refused: a template may use nothing but what matched, and makes nothing by a number it is given", n.Ident)
	default:
		w.fault(n, "no function %q is known%s", shorten(n.Ident), nearestFunction(n.Ident, w.allowed))
	}
}

// publish executes the template on what has matched and returns the variables of its lines. The error says for people
// why it has none.
func (t *varsTemplate) publish(ctx context.Context, matched matchedElements) (map[string]string, error) {
	if vars, ok := t.publishPlain(&templateRun{ctx: ctx}, matched); ok {
		return vars, nil
	}
	run := &templateRun{ctx: ctx}
	functions := template.FuncMap{}
	for name, f := range t.functions {
		if bounded, ok := f.(boundedFunction); ok {
			functions[name] = run.wrap(name, bounded)
		}
	}
	run.addGuards(functions)
	executable, err := template.New(templateName).Option("missingkey=error").Funcs(functions).AddParseTree(templateName, t.tree)
	if err != nil {
		return nil, fmt.Errorf("prepare the template: %w", err)
	}
	if err := executable.Execute(run, matched); err != nil {
		if run.err != nil { // the plain reason, without the way it took through the template
			return nil, run.err
		}
		return nil, errors.New(templateFault(err))
	}
	vars := map[string]string{}
	return vars, varsOf(run.output.String(), vars)
}

// varsOf reads the lines of an expanded template.
func varsOf(text string, vars map[string]string) error {
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return fmt.Errorf("its line %s is not of the form name=value", quote(shorten(line)))
		}
		vars[name] = value
	}
	return nil
}

// templateFunctions returns the functions that templates may call: those of sprig and of text/template that make
// something, each with its bound, and without a function the built-in ones that only look.
func templateFunctions() map[string]boundedFunction {
	from := sprig.TxtFuncMap()
	all := map[string]boundedFunction{
		"print": {function: fmt.Sprint}, "println": {function: fmt.Sprintln}, "printf": {function: fmt.Sprintf, work: printfWork},
		"html": {function: template.HTMLEscaper}, "js": {function: template.JSEscaper}, "urlquery": {function: template.URLQueryEscaper},
		"keys": {function: sortedKeys}, // sprig's are in no order
	}
	for _, name := range []string{"and", "or", "not", "len", "index", "eq", "ne", "lt", "le", "gt", "ge"} {
		all[name] = boundedFunction{}
	}
	for work, names := range map[string]string{
		// Their work and their result are linear in what they are given.
		"": `abbrev abbrevboth trunc trim upper lower title untitle substr trimSuffix trimPrefix nospace initials swapcase
			snakecase camelcase kebabcase contains hasPrefix hasSuffix quote squote cat plural sha1sum sha256sum sha512sum adler32sum
			toString atoi int64 int float64 toDecimal split splitList splitn toStrings add1 add sub div mod mul biggest max min
			maxf minf ceil floor round sortAlpha default empty coalesce all any compact mustCompact fromJson toJson toRawJson
			mustFromJson mustToJson mustToRawJson ternary kindOf kindIs deepEqual base dir clean ext isAbs b64enc b64dec b32enc
			b32dec tuple list dict get set unset hasKey pluck pick omit append push mustAppend mustPush prepend mustPrepend first
			mustFirst rest mustRest last mustLast initial mustInitial reverse mustReverse has mustHas slice mustSlice concat dig
			chunk mustChunk fail regexQuoteMeta`,
		"replace": "replace", "join": "join", "squares": "uniq mustUniq without mustWithout", "product": "trimAll trimall",
		"semver": "semver semverCompare", "decimal": "add1f addf subf divf mulf",
		"regexp": `regexMatch mustRegexMatch regexFind mustRegexFind regexFindAll mustRegexFindAll regexSplit mustRegexSplit
			regexReplaceAll mustRegexReplaceAll regexReplaceAllLiteral mustRegexReplaceAllLiteral`,
	} {
		for name := range strings.FieldsSeq(names) {
			if from[name] != nil {
				all[name] = boundedFunction{function: from[name], work: templateWork(work)}
			}
		}
	}
	return all
}
