import alluxio.cli.fs.FileSystemShell;
import alluxio.conf.Configuration;
import alluxio.conf.InstancedConfiguration;
import alluxio.conf.PropertyKey;
import alluxio.conf.Source;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

import org.apache.hadoop.fs.FsShell;
import org.apache.hadoop.util.ToolRunner;
import org.slf4j.LoggerFactory;

/**
 * Runs official shells for tests, many commands in one JVM, since starting one takes seconds.
 *
 * A request is a line of words, each percent-encoded: "fs" or "hadoop", properties as -Dkey=value, the command. The
 * answer is a line "EXIT-CODE OUTPUT-LENGTH" and the output, standard error included.
 */
public final class ShellServer {
  public static void main(String[] args) throws IOException {
    BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    OutputStream answers = System.out;
    PrintStream errors = System.err;
    LoggerFactory.getLogger(ShellServer.class); // the log keeps the standard error of now
    String line;
    while ((line = requests.readLine()) != null) {
      String[] words = line.split(" ");
      for (int i = 0; i < words.length; i++) {
        words[i] = URLDecoder.decode(words[i], "UTF-8");
      }
      ByteArrayOutputStream output = new ByteArrayOutputStream();
      PrintStream capture = new PrintStream(output, true, "UTF-8");
      System.setOut(capture);
      System.setErr(capture);
      int code;
      try {
        code = run(words);
      } catch (Throwable failure) {
        failure.printStackTrace(capture);
        code = 70;
      } finally {
        System.setErr(errors);
      }
      capture.flush();
      answers.write((code + " " + output.size() + "\n").getBytes(StandardCharsets.UTF_8));
      output.writeTo(answers);
      answers.flush();
    }
  }

  private static int run(String[] words) throws Exception {
    int first = 1;
    while (first < words.length && words[first].startsWith("-Dalluxio.")) {
      first++;
    }
    String[] command = java.util.Arrays.copyOfRange(words, first, words.length);
    boolean isHadoop = words[0].equals("hadoop");
    InstancedConfiguration alluxio = Configuration.copyGlobal();
    // As the shell's own main does.
    alluxio.set(PropertyKey.USER_RPC_RETRY_MAX_DURATION, "5s", Source.DEFAULT);
    org.apache.hadoop.conf.Configuration hadoop = isHadoop ? new org.apache.hadoop.conf.Configuration() : null;
    for (int i = 1; i < first; i++) {
      String[] pair = words[i].substring(2).split("=", 2);
      if (isHadoop) {
        hadoop.set(pair[0], pair[1]);
      } else {
        PropertyKey key = PropertyKey.fromString(pair[0]);
        alluxio.set(key, key.parseValue(pair[1]), Source.SYSTEM_PROPERTY);
      }
    }
    if (isHadoop) {
      FsShell shell = new FsShell();
      try {
        return ToolRunner.run(hadoop, shell, command);
      } finally {
        shell.close();
      }
    }
    try (FileSystemShell shell = new FileSystemShell(alluxio)) {
      return shell.run(command);
    }
  }
}
