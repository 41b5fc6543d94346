// A worker as a user of SchedulerX writes one: a few processors, registered with the official
// library. It prints "ready" when it takes jobs, and notes what ran in a file, a line each.
//
// Arguments: host:port of the server, namespace, group, key, file of notes, label.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	schedulerx "github.com/alibaba/schedulerx-worker-go"
	"github.com/alibaba/schedulerx-worker-go/config"
	"github.com/alibaba/schedulerx-worker-go/processor"
	"github.com/alibaba/schedulerx-worker-go/processor/jobcontext"
	"github.com/alibaba/schedulerx-worker-go/processor/mapjob"
)

// For a worker that stops by itself: the library says goodbye on the same signal.
const goodbye = 200 * time.Millisecond

func main() {
	if len(os.Args) != 7 {
		fmt.Fprintln(os.Stderr, "usage: worker <server> <namespace> <group> <key> <notes> <label>")
		os.Exit(2)
	}
	server, namespace, group, key := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	notesFile, label := os.Args[5], os.Args[6]
	notes, err := os.OpenFile(notesFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		fail(err)
	}
	// The loopback interface, so that workers of one machine reach each other and nobody else does.
	settings := config.NewWorkerConfig(config.WithIface("lo"), config.WithLabel(label))
	client, err := schedulerx.GetClient(&schedulerx.Config{
		DomainName: server,
		Namespace:  namespace,
		GroupId:    group,
		AppKey:     key,
	}, schedulerx.WithWorkerConfig(settings))
	if err != nil {
		fail(err)
	}
	note := func(ctx *jobcontext.JobContext, format string, values ...any) {
		line := fmt.Sprintf(format, values...)
		// One write a line, appended: lines of several goroutines do not mix.
		_, _ = fmt.Fprintf(notes, "%d %s\n", ctx.JobInstanceId(), line)
	}
	client.RegisterTask("hello", hello{note})
	client.RegisterTask("failing", failing{note})
	client.RegisterTask("broken", broken{note})
	client.RegisterTask("panicking", panicking{})
	client.RegisterTask("slow", &slow{note})
	client.RegisterTask("big", big{})
	client.RegisterTask("everywhere", everywhere{note})
	client.RegisterTask("shard", shard{note})
	client.RegisterTask("sum", &sum{mapjob.NewMapReduceJobProcessor(), note})
	fmt.Println("ready")

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	time.Sleep(goodbye)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

type noting func(ctx *jobcontext.JobContext, format string, values ...any)

func succeeded(result string) (*processor.ProcessResult, error) {
	return processor.NewProcessResult(processor.WithSucceed(), processor.WithResult(result)), nil
}

// hello answers with all that it was given.
type hello struct{ note noting }

func (p hello) Process(ctx *jobcontext.JobContext) (*processor.ProcessResult, error) {
	p.note(ctx, "hello %s", ctx.JobParameters())
	parts := []string{"hello", ctx.JobParameters(), ctx.InstanceParameters(), ctx.JobName()}
	for _, upstream := range ctx.UpstreamData() {
		parts = append(parts, upstream.JobName+"="+upstream.Data)
	}
	return succeeded(strings.Join(parts, "|"))
}

// failing says that it failed.
type failing struct{ note noting }

func (p failing) Process(ctx *jobcontext.JobContext) (*processor.ProcessResult, error) {
	p.note(ctx, "failing %d", ctx.Attempt())
	return processor.NewProcessResult(processor.WithFailed(), processor.WithResult("no luck")), nil
}

// broken returns an error.
type broken struct{ note noting }

func (p broken) Process(ctx *jobcontext.JobContext) (*processor.ProcessResult, error) {
	p.note(ctx, "broken %d", ctx.Attempt())
	return nil, errors.New("something broke")
}

type panicking struct{}

func (panicking) Process(*jobcontext.JobContext) (*processor.ProcessResult, error) {
	panic("out of control")
}

// big has a result of as many bytes as its parameters say.
type big struct{}

func (big) Process(ctx *jobcontext.JobContext) (*processor.ProcessResult, error) {
	bytes, err := strconv.Atoi(ctx.JobParameters())
	if err != nil {
		return nil, err
	}
	return succeeded(strings.Repeat("x", bytes))
}

// slow takes as many milliseconds as its parameters say, unless it is killed.
type slow struct{ note noting }

func (p *slow) Process(ctx *jobcontext.JobContext) (*processor.ProcessResult, error) {
	ms, err := strconv.Atoi(ctx.JobParameters())
	if err != nil {
		return nil, err
	}
	p.note(ctx, "slow begins")
	time.Sleep(time.Duration(ms) * time.Millisecond)
	p.note(ctx, "slow ends")
	return succeeded("slow ended")
}

func (p *slow) Kill(ctx *jobcontext.JobContext) error {
	p.note(ctx, "slow is killed")
	return nil
}

// everywhere runs on each worker; the one that leads it puts the results together.
type everywhere struct{ note noting }

func (p everywhere) PreProcess(ctx *jobcontext.JobContext) error {
	p.note(ctx, "everywhere before")
	return nil
}

func (p everywhere) Process(ctx *jobcontext.JobContext) (*processor.ProcessResult, error) {
	if ms, err := strconv.Atoi(ctx.JobParameters()); err == nil {
		p.note(ctx, "everywhere begins")
		time.Sleep(time.Duration(ms) * time.Millisecond)
	}
	p.note(ctx, "everywhere %d/%d", ctx.ShardingId(), ctx.ShardingNum())
	return succeeded(fmt.Sprintf("%d/%d", ctx.ShardingId(), ctx.ShardingNum()))
}

func (p everywhere) PostProcess(ctx *jobcontext.JobContext) (*processor.ProcessResult, error) {
	var results []string
	for _, result := range ctx.TaskResults() {
		results = append(results, result)
	}
	sort.Strings(results)
	return succeeded(strings.Join(results, ","))
}

// shard has one part of the work; a number as its parameter is how many milliseconds it takes.
type shard struct{ note noting }

func (p shard) Process(ctx *jobcontext.JobContext) (*processor.ProcessResult, error) {
	p.note(ctx, "shard %d/%d %s", ctx.ShardingId(), ctx.ShardingNum(), ctx.ShardingParameter())
	if ctx.ShardingParameter() == "fail" {
		return nil, errors.New("this shard fails")
	}
	if ms, err := strconv.Atoi(ctx.ShardingParameter()); err == nil {
		time.Sleep(time.Duration(ms) * time.Millisecond)
		p.note(ctx, "shard %d ends", ctx.ShardingId())
	}
	return succeeded(ctx.ShardingParameter())
}

// sum adds up the numbers from 1 to its parameter, each in a task of its own.
type sum struct {
	*mapjob.MapReduceJobProcessor
	note noting
}

func (p *sum) Process(ctx *jobcontext.JobContext) (*processor.ProcessResult, error) {
	if !p.IsRootTask(ctx) {
		p.note(ctx, "sum %s", ctx.Task())
		return succeeded(string(ctx.Task()))
	}
	count, err := strconv.Atoi(ctx.JobParameters())
	if err != nil {
		return nil, err
	}
	var numbers []any
	for number := 1; number <= count; number++ {
		numbers = append(numbers, number)
	}
	return p.Map(ctx, numbers, "number")
}

func (p *sum) Reduce(ctx *jobcontext.JobContext) (*processor.ProcessResult, error) {
	total := 0
	for _, result := range ctx.TaskResults() {
		if number, err := strconv.Atoi(result); err == nil {
			total += number
		}
	}
	return succeeded(strconv.Itoa(total))
}

func (p *sum) Kill(*jobcontext.JobContext) error { return nil }
