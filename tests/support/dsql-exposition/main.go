// Command dsql-exposition writes the metrics pages of two history replicas on Aurora DSQL, before and after a hold of ten
// seconds, as each metrics framework of a Temporal server serves them.
//
// It needs no database. Names, types and labels are those of the DSQL persistence plugin (public fork iw/temporal,
// common/persistence/sql/sqlplugin/dsql/metrics.go and pool_keeper.go, common/metrics). The values are made up. The pages come
// from the server's own metrics handlers.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
)

// schemes are the settings that decide the names on the page.
var schemes = map[string]metrics.Config{
	"tally":         {Prometheus: &metrics.PrometheusConfig{Framework: "tally", TimerType: "histogram"}},
	"opentelemetry": {Prometheus: &metrics.PrometheusConfig{Framework: "opentelemetry"}},
	"opentelemetry-seconds": {
		ClientConfig: metrics.ClientConfig{RecordTimerInSeconds: true},
		Prometheus:   &metrics.PrometheusConfig{Framework: "opentelemetry"},
	},
	"opentelemetry-as-tally": {
		ClientConfig: metrics.ClientConfig{WithoutUnitSuffix: true, WithoutCounterSuffix: true},
		Prometheus:   &metrics.PrometheusConfig{Framework: "opentelemetry"},
	},
}

func main() {
	if len(os.Args) == 4 {
		check(writePages(os.Args[1], os.Args[2], os.Args[3]))
		return
	}
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: dsql-exposition DIRECTORY")
		os.Exit(2)
	}
	for scheme := range schemes {
		for _, replica := range []string{"1", "2"} {
			// The handlers register themselves globally, so each page needs a process of its own.
			command := exec.Command(os.Args[0], os.Args[1], scheme, replica)
			command.Stderr = os.Stderr
			check(command.Run())
		}
	}
}

func writePages(dir, scheme, replica string) error {
	config := schemes[scheme]
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	listener.Close()
	config.Prometheus.ListenAddress = address
	// Few bounds keep the pages short.
	config.PerUnitHistogramBoundaries = map[string][]float64{"milliseconds": {1, 2, 5, 10, 50, 200, 1000, 10000}}
	handler, err := metrics.MetricsHandlerFromConfig(log.NewNoopLogger(), &config)
	if err != nil {
		return err
	}
	// The plugin also records under the name `server`, before the services start.
	recordPool(handler.WithTags(metrics.StringTag("service_name", "server")), 50, 50)
	history := handler.WithTags(metrics.StringTag("service_name", "history"))
	for _, when := range []string{"before", "after"} {
		record(history, replica, when)
		page, err := read("http://" + address + "/metrics")
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(dir, scheme), 0o755); err != nil {
			return err
		}
		name := filepath.Join(dir, scheme, fmt.Sprintf("replica-%s-%s.txt", replica, when))
		if err := os.WriteFile(name, []byte(page), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// read returns a page without the metrics of the Go runtime and the process. Tally reports once a second.
func read(url string) (string, error) {
	time.Sleep(2500 * time.Millisecond)
	response, err := http.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	var kept []string
	for _, line := range strings.SplitAfter(string(body), "\n") {
		name := strings.TrimPrefix(strings.TrimPrefix(line, "# TYPE "), "# HELP ")
		if strings.HasPrefix(line, "# HELP ") || strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_") {
			continue
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, ""), nil
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
