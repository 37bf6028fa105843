package validate

import (
	"strings"
	"text/template/parse"
)

// A plainTemplate is one that does no more than most do: it ranges over the elements of features and writes their attributes
// between texts, on conditions perhaps. It is executed here, at a tenth of what text/template takes, which looks up by
// reflection what is known beforehand: what a template sees has always the same type. Each step costs the same work as there,
// so that it makes no difference to what is published.
type plainTemplate []plainNode

// A plainNode is a text, or a field that is written, or a branch.
type plainNode struct {
	kind plainKind
	text string
	// field is the path of what is written, ranged over or asked for.
	field []string
	// equals is what the field is compared with, in a condition that compares; negated says that it is to differ.
	equals  *string
	negated bool
	then    []plainNode
	other   []plainNode
}

type plainKind int

const (
	plainText plainKind = iota
	plainWrite
	plainRange
	plainIf
	plainWith
)

// A plainType is that of the dot, or of a field: one level of matchedElements.
type plainType int

const (
	plainRoot    plainType = iota // of domains
	plainDomain                   // of features
	plainList                     // of elements
	plainElement                  // of attributes
	plainString
)

// plainTemplateOf returns a tree as a plain template, nil if it is none. Guards must not be woven in yet.
func plainTemplateOf(tree *parse.Tree) plainTemplate {
	nodes, ok := plainNodes(tree.Root, plainRoot)
	if !ok {
		return nil
	}
	return nodes
}

func plainNodes(list *parse.ListNode, dot plainType) (nodes []plainNode, ok bool) {
	if list == nil {
		return nil, true
	}
	nodes = make([]plainNode, 0, len(list.Nodes))
	for _, node := range list.Nodes {
		var made plainNode
		switch n := node.(type) {
		case *parse.TextNode:
			made, ok = plainNode{kind: plainText, text: string(n.Text)}, true
		case *parse.ActionNode:
			made, ok = plainAction(n.Pipe, dot)
		case *parse.RangeNode:
			made, ok = plainBranch(plainRange, &n.BranchNode, dot)
		case *parse.IfNode:
			made, ok = plainBranch(plainIf, &n.BranchNode, dot)
		case *parse.WithNode:
			made, ok = plainBranch(plainWith, &n.BranchNode, dot)
		default:
			ok = false
		}
		if !ok {
			return nil, false
		}
		nodes = append(nodes, made)
	}
	return nodes, true
}

func plainAction(p *parse.PipeNode, dot plainType) (plainNode, bool) {
	field, of, ok := plainField(p, dot)
	return plainNode{kind: plainWrite, field: field}, ok && of == plainString
}

// plainField returns the path of the field that a pipeline consists of, and the type of what is there.
func plainField(p *parse.PipeNode, dot plainType) (path []string, of plainType, ok bool) {
	if len(p.Decl) > 0 || len(p.Cmds) != 1 || len(p.Cmds[0].Args) != 1 {
		return nil, 0, false
	}
	return plainPath(p.Cmds[0].Args[0], dot)
}

func plainPath(node parse.Node, dot plainType) (path []string, of plainType, ok bool) {
	switch n := node.(type) {
	case *parse.DotNode:
		return nil, dot, true
	case *parse.FieldNode:
		path = n.Ident
	default:
		return nil, 0, false
	}
	for range path {
		switch dot {
		case plainRoot, plainDomain, plainElement:
			dot++ // the next level
		case plainList, plainString: // have no fields
			return nil, 0, false
		}
	}
	return path, dot, true
}

func plainBranch(kind plainKind, n *parse.BranchNode, dot plainType) (plainNode, bool) {
	made := plainNode{kind: kind}
	path, of, ok := plainField(n.Pipe, dot)
	if !ok && kind == plainIf {
		ok = made.compares(n.Pipe, dot)
	} else {
		made.field = path
	}
	inner := dot
	switch {
	case !ok || kind == plainRange && of != plainList:
		return made, false
	case kind == plainRange:
		inner = plainElement
	case kind == plainWith:
		inner = of
	}
	var whole bool
	made.then, ok = plainNodes(n.List, inner)
	made.other, whole = plainNodes(n.ElseList, dot)
	return made, ok && whole
}

// compares takes a pipeline of eq or ne, a field that is a text, and a constant text.
func (n *plainNode) compares(p *parse.PipeNode, dot plainType) bool {
	if len(p.Decl) > 0 || len(p.Cmds) != 1 || len(p.Cmds[0].Args) != 3 {
		return false
	}
	args := p.Cmds[0].Args
	function, isFunction := args[0].(*parse.IdentifierNode)
	text, isText := args[2].(*parse.StringNode)
	path, of, isField := plainPath(args[1], dot)
	if !isFunction || !isText || !isField || of != plainString || function.Ident != "eq" && function.Ident != "ne" {
		return false
	}
	n.field, n.equals, n.negated = path, &text.Text, function.Ident == "ne"
	return true
}

// A plainValue is what the dot, or a field, stands for.
type plainValue struct {
	root    matchedElements
	domain  map[string][]map[string]string
	list    []map[string]string
	element map[string]string
	text    string
	of      plainType
}

// at returns what is at a path; false if it is not there, which ends a template.
func (v plainValue) at(path []string) (plainValue, bool) {
	for _, name := range path {
		ok := false
		switch v.of {
		case plainRoot:
			v.domain, ok = v.root[name]
			v.of = plainDomain
		case plainDomain:
			v.list, ok = v.domain[name]
			v.of = plainList
		case plainElement:
			v.text, ok = v.element[name]
			v.of = plainString
		case plainList, plainString: // have no fields
		}
		if !ok {
			return v, false
		}
	}
	return v, true
}

// isTrue is what text/template takes for true: what is not empty.
func (v plainValue) isTrue() bool {
	switch v.of {
	case plainRoot:
		return len(v.root) > 0
	case plainDomain:
		return len(v.domain) > 0
	case plainList:
		return len(v.list) > 0
	case plainElement:
		return len(v.element) > 0
	case plainString:
	}
	return v.text != ""
}

// execute writes what the template makes of the elements that matched. It is false if the template fails, of which the other
// way of executing it tells the reason.
func (t plainTemplate) execute(run *templateRun, matched matchedElements) bool {
	return run.plain(t, plainValue{root: matched})
}

// plain executes nodes.
func (r *templateRun) plain(nodes []plainNode, dot plainValue) bool {
	for i := range nodes {
		n := &nodes[i]
		if n.kind == plainText {
			if !r.writePlain(n.text) {
				return false
			}
			continue
		}
		value, ok := dot.at(n.field)
		if !ok || !r.spendPlain(n, &value) {
			return false
		}
		switch n.kind {
		case plainWrite:
			ok = r.writePlain(value.text)
		case plainRange:
			if len(value.list) == 0 {
				ok = r.plain(n.other, dot)
			}
			for j := 0; ok && j < len(value.list); j++ {
				ok = r.plain(n.then, plainValue{element: value.list[j], of: plainElement})
			}
		default:
			isTrue := value.isTrue()
			if n.equals != nil {
				isTrue = (value.text == *n.equals) != n.negated
			}
			switch {
			case !isTrue:
				ok = r.plain(n.other, dot)
			case n.kind == plainWith:
				ok = r.plain(n.then, value)
			default:
				ok = r.plain(n.then, dot)
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

// spendPlain counts the work of a node as the guards do.
func (r *templateRun) spendPlain(n *plainNode, value *plainValue) bool {
	work := workOfCall + workOfNode
	switch {
	case n.kind == plainWrite:
		if len(value.text) > maxValueBytes {
			return false
		}
		work += workOfPart + len(value.text)/4
	case n.kind == plainRange:
		work += len(value.list) * workOfNode
	case n.equals != nil:
		const more = 3 // nodes: the function and the text, and the field in a pipeline of its own
		work += more*workOfNode + len(value.text)/4
	}
	return r.spend(work) == nil
}

func (r *templateRun) writePlain(text string) bool {
	if r.spend(workOfPart+len(text)/4) != nil || r.output.Len()+len(text) > maxTemplateOutput {
		return false
	}
	r.output.WriteString(text)
	return true
}

// publishPlain is publish for a plain template; false if it fails.
func (t *varsTemplate) publishPlain(run *templateRun, matched matchedElements) (map[string]string, bool) {
	const usual = 512 // bytes
	if t.plain == nil {
		return nil, false
	}
	run.output.Grow(usual)
	if !t.plain.execute(run, matched) {
		return nil, false
	}
	text := run.output.String()
	vars := make(map[string]string, strings.Count(text, "\n")+1)
	return vars, varsOf(text, vars) == nil
}
