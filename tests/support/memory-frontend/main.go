package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/types/known/durationpb"
)

func main() {
	settings, err := parseFlags(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = serve(settings)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "memory-frontend:", err)
		os.Exit(2)
	}
}

func serve(s *settings) error {
	p, err := newPlant(s)
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		// Most of what is allocated lives for one call; collecting half as often saves a tenth of the CPU.
		debug.SetGCPercent(300)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(s.procs)
	}
	f := newFrontend(s, p)
	f.mu.Lock()
	for _, name := range strings.Split(s.namespaces, ",") {
		if name != "" {
			f.addNamespace(name, "", "", nil, durationpb.New(24*time.Hour))
		}
	}
	f.mu.Unlock()
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	server := grpcServer(f)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	if s.http != "" {
		control, err := net.Listen("tcp", s.http)
		if err != nil {
			return err
		}
		fmt.Println("http", control.Addr())
		go func() { _ = http.Serve(control, f.serveHTTP()) }()
	}
	fmt.Println("listening", listener.Addr())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	select {
	case err := <-ended:
		return err
	case <-signals:
	}
	server.Stop()
	return json.NewEncoder(os.Stdout).Encode(f.report())
}

func grpcServer(f *frontend) *grpc.Server {
	const window = 4 << 20
	server := grpc.NewServer(
		grpc.UnaryInterceptor(f.intercept),
		// Goroutines that stay: their stacks have grown already. More calls than these get goroutines of their own.
		grpc.NumStreamWorkers(256),
		grpc.MaxConcurrentStreams(math.MaxUint32),
		grpc.MaxRecvMsgSize(64<<20),
		grpc.MaxSendMsgSize(64<<20),
		// Fixed windows: no pings that estimate the bandwidth of loopback.
		grpc.InitialWindowSize(window),
		grpc.InitialConnWindowSize(4*window),
		grpc.ReadBufferSize(128<<10),
		grpc.WriteBufferSize(128<<10),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}),
	)
	workflowservice.RegisterWorkflowServiceServer(server, f)
	operatorservice.RegisterOperatorServiceServer(server, f)
	healthy := health.NewServer()
	healthy.SetServingStatus("temporal.api.workflowservice.v1.WorkflowService", healthpb.HealthCheckResponse_SERVING)
	healthpb.RegisterHealthServer(server, healthy)
	return server
}
