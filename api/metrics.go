package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the metrics of /metrics. Their labels come from the route table, so their number is bounded.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
	cached   prometheus.Counter
	attempts *prometheus.CounterVec // to deliver to webhooks
	show     http.Handler
}

func newMetrics(pool *pgxpool.Pool, behind func() time.Duration) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "registry_http_requests_total", Help: "Requests by method, pattern of the route and status.",
		}, []string{"method", "route", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "registry_http_request_duration_seconds", Help: "Time from receiving a request to the end of its response.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 30},
		}, []string{"method", "route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "registry_http_requests_in_flight", Help: "Requests in progress."}),
		cached: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "registry_http_answers_kept_total", Help: "Responses served from the response cache.",
		}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "registry_webhook_attempts_total", Help: "Messages sent to webhooks, by result: delivered, or the reason for the failure.",
		}, []string{"result"}),
	}
	oldest := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "registry_webhook_oldest_pending_seconds", Help: "Age of the oldest pending message to an enabled webhook.",
	}, func() float64 { return behind().Seconds() })
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.requests, m.duration, m.inFlight, m.cached, m.attempts, oldest, poolCollector{pool},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	m.show = promhttp.HandlerFor(registry, promhttp.HandlerOpts{DisableCompression: true}) // compress does it
	return m
}

// observe counts a completed request.
func (m *metrics) observe(c echo.Context, took time.Duration) {
	method, route := methodLabel(c.Request().Method), c.Path()
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(c.Response().Status)).Inc()
	m.duration.WithLabelValues(method, route).Observe(took.Seconds())
}

// methodLabel returns the label of a method; unknown methods share one, so that their number is bounded.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodDelete, http.MethodPut, http.MethodOptions:
		return method
	}
	return "other"
}

// showMetrics sends the metrics of this process.
//
//	@ID				getMetrics
//	@Summary		Get Prometheus metrics
//	@Description	Returns the text format of Prometheus, or another format that the `Accept` header names.
//	@Tags			Service
//	@Produce		plain
//	@Success		200	{string}	string	"The metrics of this process."
//	@Router			/metrics [get]
func (s *server) showMetrics(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	s.metrics.show.ServeHTTP(c.Response(), c.Request())
	return nil
}

// poolCollector collects the current state of the connection pool.
type poolCollector struct{ pool *pgxpool.Pool }

func poolDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("registry_db_pool_"+name, help, labels, nil)
}

var (
	poolConnections = poolDesc("connections", "Connections by state: acquired, idle, constructing.", "state")
	poolMax         = poolDesc("max_connections", "Connections that the pool may open.")
	poolAcquires    = poolDesc("acquires_total", "Connections acquired from the pool.")
	poolWaits       = poolDesc("waits_total", "Acquisitions that had to wait because no connection was idle.")
	poolWaited      = poolDesc("wait_seconds_total", "Time spent waiting for a connection.")
	poolCanceled    = poolDesc("canceled_acquires_total", "Acquisitions that were canceled.")
)

// Describe implements prometheus.Collector.
func (p poolCollector) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(p, to) }

// Collect implements prometheus.Collector.
func (p poolCollector) Collect(to chan<- prometheus.Metric) {
	stat := p.pool.Stat()
	gauge := func(desc *prometheus.Desc, value int32, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), labels...)
	}
	counter := func(desc *prometheus.Desc, value float64) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, value)
	}
	gauge(poolConnections, stat.AcquiredConns(), "acquired")
	gauge(poolConnections, stat.IdleConns(), "idle")
	gauge(poolConnections, stat.ConstructingConns(), "constructing")
	gauge(poolMax, stat.MaxConns())
	counter(poolAcquires, float64(stat.AcquireCount()))
	counter(poolWaits, float64(stat.EmptyAcquireCount()))
	counter(poolWaited, stat.EmptyAcquireWaitTime().Seconds())
	counter(poolCanceled, float64(stat.CanceledAcquireCount()))
}
