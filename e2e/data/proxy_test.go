package data

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// cutProxy is a way to a server that breaks after so many bytes of answers, for good; broken is called at that moment.
func cutProxy(t *testing.T, port string, bytes int64, broken func()) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var left atomic.Int64
	left.Store(bytes)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer client.Close()
				server, err := net.Dial("tcp", "127.0.0.1:"+port)
				if err != nil {
					return
				}
				defer server.Close()
				go io.Copy(server, client)
				buffer := make([]byte, 4096)
				for left.Load() > 0 {
					n, err := server.Read(buffer)
					if _, werr := client.Write(buffer[:n]); err != nil || werr != nil {
						return
					}
					if left.Add(int64(-n)) <= 0 {
						broken()
					}
				}
			}()
		}
	}()
	return portOf(l.Addr().String())
}

// silent is a port that accepts and never answers.
func silent(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		var held []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				for _, c := range held {
					c.Close()
				}
				return
			}
			held = append(held, c)
		}
	}()
	return portOf(l.Addr().String())
}

// closed is a port that nobody listens on.
func closed(t *testing.T) string {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address) // a listener's own
	return port
}

// faultyStore is a way to the store on which some requests fare badly. A fault returns true if it has answered itself.
func faultyStore(t *testing.T, fault func(w http.ResponseWriter, r *http.Request) bool) string {
	t.Helper()
	target, err := url.Parse(world.store.endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // it is signed
	}, ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) { panic(http.ErrAbortHandler) }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !fault(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// is tells a request for an object of this kind: ".dump" or ".dump.sha256".
func is(r *http.Request, method, suffix string) bool {
	return r.Method == method && strings.HasSuffix(r.URL.Path, suffix+".bin")
}

// denied answers as a store does that forbids something.
func denied(w http.ResponseWriter) bool {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusForbidden)
	io.WriteString(w, `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`)
	return true
}

// cutBody breaks the connection in the middle of an upload.
func cutBody(r *http.Request) bool {
	io.CopyN(io.Discard, r.Body, r.ContentLength/2)
	panic(http.ErrAbortHandler)
}

// flipped changes a byte of an answer on its way.
func flipped(w http.ResponseWriter, r *http.Request) bool {
	target, _ := url.Parse(world.store.endpoint)
	recorder := httptest.NewRecorder()
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(target)
		p.Out.Host = p.In.Host
	}}
	proxy.ServeHTTP(recorder, r)
	body := bytes.Clone(recorder.Body.Bytes())
	if len(body) > 0 {
		body[len(body)/2] ^= 1
	}
	for key, values := range recorder.Header() {
		w.Header()[key] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(recorder.Code)
	w.Write(body)
	return true
}
