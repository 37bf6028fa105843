package cli

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// update rewrites the generated page: go test ./internal/cli -update.
var update = flag.Bool("update", false, "rewrite the generated documents")

// TestExitCodePage: docs/exit-codes.md is made from the comments of the constants.
func TestExitCodePage(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "exitcode.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	page := "# Exit codes\n\nThe exit code of `nfd-compat` is the verdict, or says why there is none. Codes do not change their meaning.\n\n| code | meaning |\n|---|---|\n"
	rows := 0
	for _, d := range file.Decls {
		block, ok := d.(*ast.GenDecl)
		if !ok || block.Tok != token.CONST {
			continue
		}
		for _, s := range block.Specs {
			constant, ok := s.(*ast.ValueSpec)
			if !ok {
				continue
			}
			value, ok := constant.Values[0].(*ast.BasicLit)
			if !ok {
				t.Fatalf("%s is no literal", constant.Names[0])
			}
			comment := strings.TrimSpace(strings.ReplaceAll(constant.Doc.Text(), "\n", " "))
			meaning, ok := strings.CutPrefix(comment, constant.Names[0].Name+" ")
			if !ok {
				t.Errorf("the comment of %s does not begin with its name", constant.Names[0])
			}
			page += fmt.Sprintf("| %s | %s |\n", value.Value, strings.TrimPrefix(meaning, "says that "))
			rows++
		}
	}
	if rows != 9 {
		t.Errorf("%d exit codes, want the 9 of the design", rows)
	}
	page += "\nWhere several images or hosts are judged, each has a code of its own, and the worst is that of the run: the first of " + gravestText() +
		"\nthat one of them has. Code 0 is only if all have it.\n"
	if report, err := os.ReadFile("../../docs/report.md"); err != nil || !strings.Contains(string(report), "the first of "+gravestText()+" ") {
		t.Errorf("docs/report.md does not have the order %s (%v)", gravestText(), err)
	}
	const name = "../../docs/exit-codes.md"
	if *update {
		if err := os.WriteFile(name, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(page, string(kept)); diff != "" {
		t.Errorf("%s is not what the code says; run go test ./internal/cli -update (-code +page):\n%s", name, diff)
	}
}
