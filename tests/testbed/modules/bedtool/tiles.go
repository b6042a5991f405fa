package main

import (
	"net/http"
	"strings"
)

// serveTiles is the read side of Rekor v2 on files, whose own server takes entries only.
func serveTiles(arguments []string) error {
	flags := newFlags("tiles")
	listen := flags.String("listen", "127.0.0.1:0", "address to serve on")
	dir := flags.String("dir", "", "the log's folder")
	flags.Parse(arguments)
	files := http.StripPrefix("/api/v2/", http.FileServer(http.Dir(*dir)))
	return serve(*listen, http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		// Neither folders nor the log's own state are anybody's business.
		if strings.HasSuffix(request.URL.Path, "/") || strings.Contains(request.URL.Path, "/.") {
			http.NotFound(w, request)
			return
		}
		files.ServeHTTP(w, request)
	}))
}
