package sample;

import com.xxl.job.core.context.XxlJobHelper;
import com.xxl.job.core.executor.impl.XxlJobSimpleExecutor;
import com.xxl.job.core.handler.annotation.XxlJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * An executor with a few handlers. Arguments: admin address, app name, access token, port, folder
 * for its logs. Each run adds a line to `runs` in that folder. Ends when its input does.
 */
public final class Sample {
    private static Path runs;

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[4]);
        Files.createDirectories(folder);
        runs = folder.resolve("runs");
        XxlJobSimpleExecutor executor = new XxlJobSimpleExecutor();
        executor.setAdminAddresses(args[0]);
        executor.setAppname(args[1]);
        executor.setAccessToken(args[2]);
        executor.setIp("127.0.0.1");
        executor.setPort(Integer.parseInt(args[3]));
        executor.setLogPath(folder.resolve("logs").toString());
        executor.setLogRetentionDays(3);
        executor.setXxlJobBeanList(List.of(new Handlers()));
        executor.start();
        System.out.println("ready");
        System.out.flush();
        while (System.in.read() >= 0) {
            // Waits for the end of the input.
        }
        executor.destroy();
        System.exit(0);
    }

    /** What jobs can name. */
    public static final class Handlers {
        @XxlJob("demo")
        public void demo() throws Exception {
            note("demo");
            XxlJobHelper.log("hello {}", XxlJobHelper.getJobParam());
            XxlJobHelper.handleSuccess("done " + XxlJobHelper.getJobParam());
        }

        @XxlJob("shard")
        public void shard() throws Exception {
            String shard = XxlJobHelper.getShardIndex() + "/" + XxlJobHelper.getShardTotal();
            note("shard " + shard);
            XxlJobHelper.log("shard {} has {}", shard, XxlJobHelper.getJobParam());
            XxlJobHelper.handleSuccess("shard " + shard + " " + XxlJobHelper.getJobParam());
        }

        @XxlJob("fail")
        public void fail() throws Exception {
            note("fail");
            XxlJobHelper.handleFail("no luck");
        }

        @XxlJob("slow")
        public void slow() throws Exception {
            note("slow");
            XxlJobHelper.log("slow begins");
            Thread.sleep(Long.parseLong(XxlJobHelper.getJobParam()));
            XxlJobHelper.handleSuccess("slow ended");
        }

        private static synchronized void note(String line) throws Exception {
            Files.writeString(runs, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
    }
}
