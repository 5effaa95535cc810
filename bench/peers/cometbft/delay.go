package main

import (
	"io"
	"net"
	"sync/atomic"
	"time"
)

const (
	// Bytes that are read at once, and so held as one: more than a validator writes at once.
	chunkBytes = 64 << 10
	// Chunks that one direction of a connection holds; beyond these its sender waits, as it would for a full socket.
	maxHeldChunks = 4_096
)

// delays passes TCP connections on, each direction late by the same time. Every chunk is held for as long as it says at its arrival; their order
// stays. The bandwidth has no limit, and nothing is lost.
type delays struct {
	nanoseconds atomic.Int64
}

func (d *delays) set(delay time.Duration) {
	d.nanoseconds.Store(int64(delay))
}

// route opens a port whose connections go to another on this machine.
func (d *delays) route(to string) (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go d.join(near, to)
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func (d *delays) join(near net.Conn, to string) {
	far, err := net.Dial("tcp", to)
	if err != nil {
		near.Close()
		return
	}
	go d.carry(near, far)
	d.carry(far, near)
}

type chunk struct {
	bytes []byte
	due   time.Time
}

// carry ends when either side does, and then ends both.
func (d *delays) carry(from io.ReadCloser, to io.WriteCloser) {
	held := make(chan chunk, maxHeldChunks)
	go func() {
		defer from.Close()
		defer to.Close()
		for one := range held {
			time.Sleep(time.Until(one.due))
			if _, err := to.Write(one.bytes); err != nil {
				// Whoever reads is told by the closed connection; what it has put here by then is nobody's.
				from.Close()
				for range held {
				}
				return
			}
		}
	}()
	defer close(held)
	buffer := make([]byte, chunkBytes)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			due := time.Now().Add(time.Duration(d.nanoseconds.Load()))
			held <- chunk{bytes: append([]byte(nil), buffer[:n]...), due: due}
		}
		if err != nil {
			return
		}
	}
}
