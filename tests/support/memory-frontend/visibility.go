package main

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
)

// A query is a conjunction of conditions, which is all that a benchmark sends.
type query struct {
	conditions    []func(ns *namespace, rec *record) bool
	groupByStatus bool
}

func (q *query) matches(ns *namespace, rec *record) bool {
	for _, condition := range q.conditions {
		if !condition(ns, rec) {
			return false
		}
	}
	return true
}

var queryToken = regexp.MustCompile(`\s*('(?:[^']|'')*'|"[^"]*"|!=|>=|<=|=|>|<|\(|\)|,|[A-Za-z_0-9.\-:` + "`" + `]+)`)

// parseQuery understands: Field OP 'value', Field STARTS_WITH 'value', Field [NOT] IN (…), Field IS [NOT] NULL and
// Field BETWEEN a AND b, joined by AND, with an optional GROUP BY ExecutionStatus and an ignored ORDER BY.
func parseQuery(text string) (*query, error) {
	p := &queryParser{text: text}
	for rest := text; strings.TrimSpace(rest) != ""; {
		found := queryToken.FindStringSubmatchIndex(rest)
		if found == nil || found[0] != 0 {
			return nil, p.invalid("unexpected text at " + rest)
		}
		p.tokens = append(p.tokens, rest[found[2]:found[3]])
		rest = rest[found[1]:]
	}
	q := &query{}
	for first := true; len(p.tokens) > 0; first = false {
		switch {
		case p.take("ORDER"):
			return q, nil
		case p.take("GROUP"):
			if !p.take("BY") || !p.take("ExecutionStatus") || len(p.tokens) > 0 {
				return nil, p.invalid("'GROUP BY' clause is only supported for ExecutionStatus")
			}
			q.groupByStatus = true
			return q, nil
		}
		if !first && !p.take("AND") {
			return nil, p.invalid("expected AND at " + p.tokens[0])
		}
		condition, err := p.condition()
		if err != nil {
			return nil, err
		}
		q.conditions = append(q.conditions, condition)
	}
	return q, nil
}

type queryParser struct {
	text   string
	tokens []string
}

func (p *queryParser) invalid(why string) error {
	return serviceerror.NewInvalidArgumentf("invalid query: %s: %s", why, p.text)
}

func (p *queryParser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	return token
}

func (p *queryParser) take(word string) bool {
	if len(p.tokens) == 0 || !strings.EqualFold(p.tokens[0], word) {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *queryParser) value() string {
	token := p.next()
	if len(token) >= 2 && (token[0] == '\'' || token[0] == '"') {
		return strings.ReplaceAll(token[1:len(token)-1], "''", "'")
	}
	return token
}

func (p *queryParser) condition() (func(*namespace, *record) bool, error) {
	field := strings.Trim(p.next(), "`")
	switch field {
	case "StartTime", "CloseTime":
		return p.timeCondition(field)
	case "ParentWorkflowId":
		if p.take("IS") {
			not := p.take("NOT")
			if p.take("NULL") {
				return func(_ *namespace, rec *record) bool { return rec.child == not }, nil
			}
		}
		return nil, p.invalid("ParentWorkflowId supports IS NULL and IS NOT NULL only")
	case "WorkflowId", "WorkflowType", "ExecutionStatus", "RunId", "TaskQueue":
		return p.textCondition(field)
	}
	return nil, p.invalid("unknown or unsupported search attribute " + field)
}

func (p *queryParser) textCondition(field string) (func(*namespace, *record) bool, error) {
	not := p.take("NOT")
	switch operator := p.next(); strings.ToUpper(operator) {
	case "=", "!=":
		return oneOf(field, []string{p.value()}, operator == "!="), nil
	case "IN":
		var values []string
		if !p.take("(") {
			return nil, p.invalid("IN needs a list in parentheses")
		}
		for len(p.tokens) > 0 && !p.take(")") {
			values = append(values, p.value())
			p.take(",")
		}
		return oneOf(field, values, not), nil
	case "STARTS_WITH":
		prefix := []byte(p.value())
		if field != "WorkflowId" {
			text := textOf(field)
			return func(ns *namespace, rec *record) bool { return strings.HasPrefix(text(ns, rec), string(prefix)) != not }, nil
		}
		return func(ns *namespace, rec *record) bool { return bytes.HasPrefix(ns.records.idBytes(rec), prefix) != not }, nil
	}
	return nil, p.invalid("unsupported operator for " + field)
}

func oneOf(field string, values []string, not bool) func(*namespace, *record) bool {
	if field == "ExecutionStatus" {
		var set [16]bool
		for _, value := range values {
			if status, err := enumspb.WorkflowExecutionStatusFromString(value); err == nil {
				set[status] = true
			}
		}
		return func(_ *namespace, rec *record) bool { return set[rec.status] != not }
	}
	text := textOf(field)
	return func(ns *namespace, rec *record) bool { return slices.Contains(values, text(ns, rec)) != not }
}

func textOf(field string) func(*namespace, *record) string {
	switch field {
	case "WorkflowType":
		return func(ns *namespace, rec *record) string { return ns.names.strings[rec.workflowType] }
	case "TaskQueue":
		return func(ns *namespace, rec *record) string { return ns.names.strings[rec.taskQueue] }
	case "RunId":
		return func(_ *namespace, rec *record) string { return formatUUID(rec.runID) }
	}
	return func(ns *namespace, rec *record) string { return ns.records.id(rec) }
}

func (p *queryParser) timeCondition(field string) (func(*namespace, *record) bool, error) {
	at := func(rec *record) int64 { return rec.startNanos }
	if field == "CloseTime" {
		at = func(rec *record) int64 { return rec.closeNanos }
	}
	if p.take("IS") {
		not := p.take("NOT")
		if !p.take("NULL") {
			return nil, p.invalid("expected NULL")
		}
		return func(_ *namespace, rec *record) bool { return (at(rec) == 0) != not }, nil
	}
	operator := strings.ToUpper(p.next())
	from, err := time.Parse(time.RFC3339Nano, p.value())
	if err != nil {
		return nil, p.invalid(err.Error())
	}
	to := from
	if operator == "BETWEEN" {
		if !p.take("AND") {
			return nil, p.invalid("BETWEEN needs AND")
		}
		if to, err = time.Parse(time.RFC3339Nano, p.value()); err != nil {
			return nil, p.invalid(err.Error())
		}
	}
	low, high := from.UnixNano(), to.UnixNano()
	tests := map[string]func(t int64) bool{
		"=":       func(t int64) bool { return t == low },
		"!=":      func(t int64) bool { return t != low },
		">":       func(t int64) bool { return t > low },
		">=":      func(t int64) bool { return t >= low },
		"<":       func(t int64) bool { return t < low },
		"<=":      func(t int64) bool { return t <= low },
		"BETWEEN": func(t int64) bool { return low <= t && t <= high },
	}
	test, found := tests[operator]
	if !found {
		return nil, p.invalid("unsupported operator for " + field)
	}
	// An execution that is open has no close time, and no comparison with it holds.
	return func(_ *namespace, rec *record) bool { t := at(rec); return t != 0 && test(t) }, nil
}
