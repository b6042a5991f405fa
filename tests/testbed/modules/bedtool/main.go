// bedtool holds what the test bed needs and nobody packages: a registry with the referrers API, an OpenID
// issuer with tokens shaped like GitHub's, the read side of a tile log, and a client that makes tiny images.
// It uses the standard library alone, so that it builds in a moment.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"
)

const usage = `usage: bedtool COMMAND ...

  registry --listen ADDRESS [--page N]  serve a registry in memory, with the referrers API
  issuer   --listen ADDRESS             serve OpenID issuers and mint tokens
  tiles    --listen ADDRESS --dir DIR   serve a log's tiles under /api/v2/

  wait                                  do nothing until told to end: what an image made with --runnable does

  push REF [--text TEXT] [--runnable] [--platform OS/ARCH]...  make an image (an index where platforms are several)
  copy SOURCE TARGET       copy an image, with children when it is an index
  tag REF TAG              give a manifest another name
  digest REF               print the digest
  manifest REF             print the manifest
  blob REPOSITORY@DIGEST   print a blob
  put REF MEDIA-TYPE       store the manifest given on standard input
  referrers REF            print the digests of all that refers to REF, by the API or the fallback tag
  tags REPOSITORY          print the tags
  delete REF               delete a manifest (by digest; a tag is looked up first)
`

var commands = map[string]func([]string) error{
	"registry":  serveRegistry,
	"issuer":    serveIssuer,
	"tiles":     serveTiles,
	"wait":      waitCommand,
	"push":      pushCommand,
	"copy":      copyCommand,
	"tag":       tagCommand,
	"digest":    digestCommand,
	"manifest":  manifestCommand,
	"blob":      blobCommand,
	"put":       putCommand,
	"referrers": referrersCommand,
	"tags":      tagsCommand,
	"delete":    deleteCommand,
}

func main() {
	if len(os.Args) > 1 {
		if command, known := commands[os.Args[1]]; known {
			if err := command(os.Args[2:]); err != nil {
				fmt.Fprintf(os.Stderr, "bedtool %s: %v\n", os.Args[1], err)
				os.Exit(1)
			}
			return
		}
	}
	fmt.Fprint(os.Stderr, usage)
	os.Exit(2)
}

func newFlags(name string) *flag.FlagSet { return flag.NewFlagSet(name, flag.ExitOnError) }

func serve(address string, handler http.Handler) error {
	log.Printf("serving on %s", address)
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}
