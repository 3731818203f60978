import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.proto.RaftProtos;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.util.TimeDuration;

/**
 * A bare Ratis server, set up as Alluxio 2.9.6 sets up its own, as a partner for tests.
 *
 * java -cp 'JARS/*' RatisPeer.java FOLDER SELF_ADDRESS ADDRESS,ADDRESS,... TIMEOUT_MIN_MS TIMEOUT_MAX_MS
 *
 * Commands on standard input: "propose TEXT", "status". Lines on standard output: "applied TEXT", "proposed TEXT" or
 * "refused TEXT CLASS", "status ROLE TERM LEADER APPLIED-INDEX".
 */
public final class RatisPeer {
  private static final UUID GROUP = UUID.fromString("02511d47-d67c-49a3-9011-abb3109a44c1");

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static final class Machine extends BaseStateMachine {
    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext context) {
      RaftProtos.LogEntryProto entry = context.getLogEntry();
      updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
      say("applied " + entry.getStateMachineLogEntry().getLogData().toStringUtf8());
      return CompletableFuture.completedFuture(Message.EMPTY);
    }
  }

  private static RaftPeer peer(String address) {
    return RaftPeer.newBuilder().setId(address.replace(':', '_')).setAddress(address).build();
  }

  public static void main(String[] args) throws Exception {
    String address = args[1];
    List<RaftPeer> peers = new ArrayList<>();
    for (String each : args[2].split(",")) {
      peers.add(peer(each));
    }
    RaftProperties properties = new RaftProperties();
    RaftServerConfigKeys.setStorageDir(properties, Collections.singletonList(new File(args[0])));
    GrpcConfigKeys.Server.setPort(properties, Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)));
    TimeDuration min = TimeDuration.valueOf(Long.parseLong(args[3]), TimeUnit.MILLISECONDS);
    TimeDuration max = TimeDuration.valueOf(Long.parseLong(args[4]), TimeUnit.MILLISECONDS);
    TimeDuration forever = TimeDuration.valueOf(Long.MAX_VALUE, TimeUnit.MILLISECONDS);
    RaftServerConfigKeys.Rpc.setTimeoutMin(properties, min);
    RaftServerConfigKeys.Rpc.setTimeoutMax(properties, max);
    RaftServerConfigKeys.Rpc.setRequestTimeout(properties, TimeDuration.valueOf(5, TimeUnit.SECONDS));
    RaftServerConfigKeys.Rpc.setSlownessTimeout(properties, forever);
    RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(properties, forever);
    RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(properties, false);
    // Without a reporter Ratis takes one for JMX, whose class the jars of Alluxio lack.
    MetricRegistries.global().addReporterRegistration(registry -> { }, registry -> { });
    RaftGroupId group = RaftGroupId.valueOf(GROUP);
    RaftServer server = RaftServer.newBuilder().setServerId(peer(address).getId()).setStateMachine(new Machine())
        .setProperties(properties).setGroup(RaftGroup.valueOf(group, peers)).build();
    server.start();
    say("ready");
    ClientId client = ClientId.randomId();
    long callId = 0;
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line;
    while ((line = commands.readLine()) != null) {
      if (line.startsWith("propose ")) {
        String text = line.substring("propose ".length());
        RaftClientRequest request = RaftClientRequest.newBuilder().setClientId(client)
            .setServerId(server.getId()).setGroupId(group).setCallId(++callId).setMessage(Message.valueOf(text))
            .setType(RaftClientRequest.writeRequestType()).build();
        server.submitClientRequestAsync(request).whenComplete((reply, error) -> say(outcome(text, reply, error)));
      } else {
        DivisionInfo info = server.getDivision(group).getInfo();
        say("status " + info.getCurrentRole() + " " + info.getCurrentTerm() + " " + info.getLeaderId() + " "
            + info.getLastAppliedIndex());
      }
    }
    server.close();
    System.exit(0);
  }

  private static String outcome(String text, RaftClientReply reply, Throwable error) {
    if (error != null || !reply.isSuccess()) {
      Throwable why = error != null ? error : reply.getException();
      return "refused " + text + " " + why.getClass().getSimpleName();
    }
    return "proposed " + text;
  }
}
