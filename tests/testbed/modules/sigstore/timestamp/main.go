// timestamp serves Sigstore's timestamp authority (RFC 3161) on one address and nothing else. The authority's
// own program also listens on port 2112 of every interface and ends when that port is taken, so that two test
// beds could not live side by side.
package main

import (
	"flag"
	"log"
	"net/http"
	"time"

	"github.com/sigstore/timestamp-authority/v2/pkg/server"
	"github.com/spf13/viper"
)

const policyOID = "1.3.6.1.4.1.57264.2" // the one that the public authority answers with

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to serve on")
	key := flag.String("key", "", "PEM file of the signing key, not encrypted")
	chain := flag.String("chain", "", "PEM file of its certificate and those above it")
	flag.Parse()

	viper.Set("timestamp-signer", "file")
	viper.Set("timestamp-signer-hash", "sha256")
	viper.Set("file-signer-key-path", *key)
	viper.Set("certificate-chain-path", *chain)
	viper.Set("enforce-intermediate-eku", true)
	viper.Set("default-policy-oid", policyOID)
	viper.Set("accepted-policy-oids", []string{policyOID})
	viper.Set("max-request-body-size", 1<<20)

	const limit = 10 * time.Second
	api := server.NewRestAPIServer("", 0, []string{"http"}, false, limit, limit)
	log.Printf("timestamp authority on %s", *listen)
	serving := &http.Server{Addr: *listen, Handler: api.GetHandler(), ReadTimeout: limit, WriteTimeout: limit}
	log.Fatal(serving.ListenAndServe())
}
