package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// exportCase is the name of the export among the cases.
const exportCase = "export"

// exported is the cost of one export by a freshly started service.
type exported struct {
	Rows, Bytes  int64         // Rows are lines: an archive has none
	First, Took  time.Duration // to the first byte, to the last one
	Memory, Peak int64         // resident before, and at most meanwhile
}

// exportAll downloads a file of the exports from a freshly started service.
func exportAll(ctx context.Context, binary, dir, databaseURL, key, file string) (e exported, err error) {
	s, err := startService(ctx, binary, dir, databaseURL)
	if err != nil {
		return e, err
	}
	defer s.stop()
	e.Memory = residentOf(s.pid)
	e.Peak = e.Memory
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				e.Peak = max(e.Peak, residentOf(s.pid))
			}
		}
	})
	err = e.fetch(ctx, "http://"+s.address+"/v1/exports/"+file, key)
	if strings.HasSuffix(file, ".zip") {
		e.Rows = 0
	}
	close(done)
	watch.Wait()
	return e, err
}

func (e *exported) fetch(ctx context.Context, url, key string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Accept-Encoding", "identity")
	began := time.Now()
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the export returned %s", answer.Status)
	}
	body := bufio.NewReaderSize(answer.Body, 1<<16)
	if _, err := body.Peek(1); err != nil {
		return err
	}
	e.First = time.Since(began)
	for {
		line, err := body.ReadSlice('\n')
		e.Bytes += int64(len(line))
		switch {
		case err == nil:
			e.Rows++
		case errors.Is(err, io.EOF):
			e.Took = time.Since(began)
			return nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}
