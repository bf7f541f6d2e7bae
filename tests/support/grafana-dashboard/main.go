// Command grafana-dashboard reads the JSON of a Grafana dashboard from stdin and prints each field that Grafana's schema does
// not have, or that has a wrong type. It prints nothing for a dashboard that fits.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	plugins.RegisterDefaultPlugins()
	var read dashboard.Dashboard
	report(read.UnmarshalJSONStrict(text))
	report(read.Validate())
}

// report prints an error. The SDK returns an empty list of errors for a dashboard that fits.
func report(err error) {
	if err != nil && err.Error() != "" {
		fmt.Println(err)
	}
}
