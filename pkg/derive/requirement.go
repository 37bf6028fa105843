package derive

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The properties that a requirement can be about.
const (
	propertyCUDA   = "cuda"
	propertyDriver = "driver"
	propertyArch   = "arch"
	propertyBrand  = "brand"
)

// A factor compares one property of the driver or of a GPU with a value.
type factor struct {
	property string // in lower case
	op       string // "=", "!=", "<", "<=", ">" or ">="
	value    string // a version in its plain form, or a brand in lower case
}

func (f factor) String() string { return f.property + f.op + f.value }

// A requirement is the value of one variable: it is satisfied if all factors of one of the terms are.
type requirement struct {
	terms [][]factor
	// open says that the library takes the requirement for satisfied whatever its terms are.
	open bool
	// ignored says that the library never looks at what stands behind the last term.
	ignored bool
}

// maxTerms bounds the terms of a requirement, and the factors of a term. CUDA's images have about 40, of 3.
const maxTerms = 1000

// parseRequirement reads the value of a variable as libnvidia-container does (src/cli/dsl.c there), but for one thing: it
// stops at the first term that a GPU satisfies, and so may never see what is malformed behind; here all of it is found. The
// faults are sentences.
func parseRequirement(variable, text string) (requirement, []string) {
	var (
		r      requirement
		faults []string
	)
	for word := range strings.SplitSeq(text, " ") { // a blank alone separates: a tab is a part of a value
		if word == "" {
			continue
		}
		if strings.Trim(word, ",") == "" { // in C, a term without factors has the outcome of the one before, or true, and ends the search
			r.open, r.ignored = len(r.terms) == 0, true
			break
		}
		if len(r.terms) == maxTerms {
			return r, append(faults, fmt.Sprintf("it has more than %d alternatives", maxTerms))
		}
		var term []factor
		for part := range strings.SplitSeq(word, ",") {
			if part == "" {
				continue
			}
			f, fault := parseFactor(variable, part)
			if fault != "" {
				faults = append(faults, fault)
				continue
			}
			if !slices.Contains(term, f) && len(term) <= maxTerms {
				term = append(term, f)
			}
		}
		if r.terms = append(r.terms, term); len(term) > maxTerms {
			return r, append(faults, fmt.Sprintf("it has a term of more than %d factors", maxTerms))
		}
	}
	if len(r.terms) == 0 {
		r.open = true
	}
	return r, faults
}

// parseFactor reads a factor, or says what is wrong with it.
func parseFactor(variable, text string) (factor, string) {
	const marks = "<>=!"
	name := excerpt(text)
	begin := strings.IndexAny(text, marks)
	if begin < 0 {
		return factor{}, fmt.Sprintf("%q compares nothing; %s", name, suggestion(variable, text))
	}
	rest := text[begin:]
	length := len(rest) - len(strings.TrimLeft(rest, marks))
	f := factor{property: strings.ToLower(text[:begin]), op: rest[:length], value: rest[length:]}
	if f.op == "!" { // a quirk of the library, which compares the operators by their beginnings
		f.op = "!="
	}
	switch {
	case f.property == "":
		return f, fmt.Sprintf("%q does not say what is compared; %s", name, suggestion(variable, text))
	case !slices.Contains(operators(), f.op):
		return f, fmt.Sprintf("%q has no operator of these: = != < <= > >=", name)
	case !slices.Contains([]string{propertyCUDA, propertyDriver, propertyArch, propertyBrand}, f.property):
		return f, fmt.Sprintf("%q is about none of cuda, driver, arch and brand", name)
	case f.value == "":
		return f, fmt.Sprintf("%q compares with nothing; write a value behind the %s", name, f.op)
	case f.property == propertyBrand && f.op != "=" && f.op != "!=":
		return f, fmt.Sprintf("%q orders brands, which are only equal or not; write = or !=", name)
	case f.property == propertyBrand:
		f.value = strings.ToLower(f.value)
		return f, ""
	}
	version, ok := plainVersion(f.value)
	if !ok {
		return f, fmt.Sprintf("%q compares with %q, which is no version; write digits and dots only, such as 12.4", name, excerpt(f.value))
	}
	f.value = version
	return f, ""
}

// operators are those that a factor may have.
func operators() []string { return []string{"=", "!=", "<", "<=", ">", ">="} }

// lastOperator returns the longest operator that such characters end with, and >= if there is none: what stands before it was written twice.
//
//	=>= -> >=
func lastOperator(span string) string {
	if span == "!" {
		return "!="
	}
	for i := range span {
		if slices.Contains(operators(), span[i:]) {
			return span[i:]
		}
	}
	return ">="
}

// plainVersion returns a version as the library reads it: numbers with dots, several of which count as one.
func plainVersion(text string) (string, bool) {
	if text == "" || strings.Trim(text, "0123456789.") != "" || text[0] == '.' {
		return "", false
	}
	var parts []string
	for part := range strings.SplitSeq(text, ".") {
		if part == "" {
			continue
		}
		n, err := strconv.ParseUint(part, 10, 64)
		if err != nil || n == 1<<64-1 { // in C the largest number stands for an overflow
			return "", false
		}
		parts = append(parts, strconv.FormatUint(n, 10))
	}
	return strings.Join(parts, "."), true
}

// suggestion says what to write, where the name of the variable tells what was meant.
func suggestion(variable, text string) string {
	property := strings.ToLower(strings.TrimPrefix(variable, requirePrefix))
	value := strings.TrimLeft(text, "<>=!")
	op := text[:len(text)-len(value)]
	switch {
	case property == propertyBrand && value != "":
		return fmt.Sprintf("write brand=%s", excerpt(value))
	case slices.Contains([]string{propertyCUDA, propertyDriver, propertyArch}, property):
		if _, ok := plainVersion(value); ok {
			return fmt.Sprintf("write %s%s%s", property, lastOperator(op), value)
		}
	}
	return "write PROPERTY OPERATOR VALUE without blanks, such as cuda>=12.4"
}
