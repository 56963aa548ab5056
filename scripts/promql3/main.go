// Reads expressions with the parser of Prometheus 3. Standard input: JSON, the name of each expression and itself.
// Arguments: rule files, which are read as Prometheus 3 reads them.
package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

func main() {
	var named map[string]string
	if err := json.NewDecoder(os.Stdin).Decode(&named); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	read := parser.NewParser(parser.Options{})
	wrong := 0
	tell := func(name string, err error) {
		wrong++
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	}
	for name, expr := range named {
		if _, err := read.ParseExpr(expr); err != nil {
			tell(name, err)
		}
	}
	rules := 0
	for _, path := range os.Args[1:] {
		groups, errs := rulefmt.ParseFile(path, false, model.UTF8Validation, read, slog.Default())
		for _, err := range errs {
			tell(path, err)
		}
		if groups == nil {
			continue
		}
		for _, group := range groups.Groups {
			rules += len(group.Rules)
		}
	}
	if wrong > 0 {
		os.Exit(1)
	}
	fmt.Printf("%d queries of boards and %d rules\n", len(named), rules)
}
