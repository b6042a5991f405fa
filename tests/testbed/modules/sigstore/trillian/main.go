// trillian keeps Merkle trees in memory and serves them as Trillian's log server does, with the signer in the
// same process. It makes the named trees when it starts and writes "NAME TREE-ID" lines for them. Everything
// is lost when it ends, which is what a test bed wants; a site would run Trillian with a database.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"time"

	"github.com/google/trillian"
	"github.com/google/trillian/extension"
	sequencing "github.com/google/trillian/log"
	"github.com/google/trillian/quota"
	"github.com/google/trillian/server"
	"github.com/google/trillian/server/admin"
	"github.com/google/trillian/server/interceptor"
	"github.com/google/trillian/storage/memory"
	"github.com/google/trillian/util/clock"
	"github.com/google/trillian/util/election2"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to serve gRPC on")
	names := flag.String("trees", "", "comma-separated names of the trees to make")
	out := flag.String("out", "", "file for the names and ids of the trees")
	flag.Parse()

	storage := memory.NewTreeStorage()
	registry := extension.Registry{
		AdminStorage:    memory.NewAdminStorage(storage),
		LogStorage:      memory.NewLogStorage(storage, nil),
		QuotaManager:    quota.Noop(),
		ElectionFactory: election2.NoopFactory{},
	}
	logs := server.NewTrillianLogRPCServer(registry, clock.System)
	trees := admin.New(registry, nil)

	var lines strings.Builder
	for _, name := range strings.Split(*names, ",") {
		id, err := makeTree(trees, logs, name)
		if err != nil {
			log.Fatalf("tree %s: %v", name, err)
		}
		fmt.Fprintf(&lines, "%s %d\n", name, id)
	}
	startSequencing(registry)

	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	// Written last: whoever waits for the file finds a server that listens.
	if err := os.WriteFile(*out, []byte(lines.String()), 0o600); err != nil {
		log.Fatal(err)
	}
	serving := grpc.NewServer(grpc.UnaryInterceptor(interceptor.ErrorWrapper))
	trillian.RegisterTrillianAdminServer(serving, trees)
	trillian.RegisterTrillianLogServer(serving, logs)
	log.Fatal(serving.Serve(listener))
}

func makeTree(trees *admin.Server, logs *server.TrillianLogRPCServer, name string) (int64, error) {
	ctx := context.Background()
	tree, err := trees.CreateTree(ctx, &trillian.CreateTreeRequest{Tree: &trillian.Tree{
		DisplayName:     name,
		TreeState:       trillian.TreeState_ACTIVE,
		TreeType:        trillian.TreeType_LOG,
		MaxRootDuration: durationpb.New(time.Hour),
	}})
	if err != nil {
		return 0, err
	}
	_, err = logs.InitLog(ctx, &trillian.InitLogRequest{LogId: tree.TreeId})
	return tree.TreeId, err
}

func startSequencing(registry extension.Registry) {
	const noGuard = 0
	manager := sequencing.NewOperationManager(sequencing.OperationInfo{
		Registry:    registry,
		BatchSize:   1000,
		NumWorkers:  2,
		RunInterval: 50 * time.Millisecond,
		TimeSource:  clock.System,
	}, sequencing.NewSequencerManager(registry, noGuard))
	go manager.OperationLoop(context.Background())
}
