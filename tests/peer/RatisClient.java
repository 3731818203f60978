import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import alluxio.grpc.AddQuorumServerRequest;
import alluxio.grpc.JournalQueryRequest;
import alluxio.grpc.NetAddress;

import org.apache.ratis.client.RaftClient;
import org.apache.ratis.client.RaftClientConfigKeys;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupInfoReply;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.retry.ExponentialBackoffRetry;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.TimeDuration;

/**
 * What official masters and Ratis' own tools ask a quorum, by Ratis' own client.
 *
 * java -cp 'JARS/*' RatisClient.java ADDRESS,ADDRESS,... COMMAND [ADDRESS]
 *
 * Commands, several with ';' between them: "add ADDRESS" as an official master asks at its start; "members
 * ADDRESS,ADDRESS,..."; "transfer ADDRESS"; "snapshot ADDRESS"; "info ADDRESS"; "list ADDRESS". A line for each of them:
 * "done TEXT" or "failed CLASS: MESSAGE".
 */
public final class RatisClient {
  private static final RaftGroupId GROUP =
      RaftGroupId.valueOf(UUID.fromString("02511d47-d67c-49a3-9011-abb3109a44c1"));

  private static RaftPeer peer(String address) {
    return RaftPeer.newBuilder().setId(address.replace(':', '_')).setAddress(address).build();
  }

  private static List<RaftPeer> peers(String addresses) {
    return Arrays.stream(addresses.split(",")).map(RatisClient::peer).collect(Collectors.toList());
  }

  private static String told(RaftClientReply reply) {
    return reply.isSuccess() ? "done " + reply.getLogIndex() : "failed " + reply.getException();
  }

  private static String obey(RaftClient client, String command, String address) throws Exception {
    RaftPeerId id = address.contains(",") ? null : peer(address).getId();
    switch (command) {
      case "add":
        String[] parts = address.split(":");
        JournalQueryRequest query = JournalQueryRequest.newBuilder().setAddQuorumServerRequest(
            AddQuorumServerRequest.newBuilder().setServerAddress(
                NetAddress.newBuilder().setHost(parts[0]).setRpcPort(Integer.parseInt(parts[1])))).build();
        Message message = Message.valueOf(UnsafeByteOperations.unsafeWrap(query.toByteArray()));
        return told(client.async().sendReadOnly(message).get(60, TimeUnit.SECONDS));
      case "members":
        return told(client.admin().setConfiguration(peers(address)));
      case "transfer":
        return told(client.admin().transferLeadership(id, 5000));
      case "snapshot":
        return told(client.getSnapshotManagementApi(id).create(20000));
      case "info":
        GroupInfoReply info = client.getGroupManagementApi(id).info(GROUP);
        List<String> members = new ArrayList<>();
        info.getGroup().getPeers().forEach(each -> members.add(each.getAddress()));
        members.sort(null);
        return "done " + info.getRoleInfoProto().getRole() + " " + String.join(",", members) + " "
            + info.getRoleInfoProto().getLeaderInfo().getFollowerInfoCount() + " followers";
      case "list":
        return "done " + client.getGroupManagementApi(id).list().getGroupIds();
      default:
        throw new IllegalArgumentException(command);
    }
  }

  public static void main(String[] args) throws Exception {
    // Without a reporter Ratis takes one for JMX, whose class the jars of Alluxio lack.
    MetricRegistries.global().addReporterRegistration(registry -> { }, registry -> { });
    RaftProperties properties = new RaftProperties();
    RaftClientConfigKeys.Rpc.setRequestTimeout(properties, TimeDuration.valueOf(60, TimeUnit.SECONDS));
    ExponentialBackoffRetry retry = ExponentialBackoffRetry.newBuilder()
        .setBaseSleepTime(TimeDuration.valueOf(100, TimeUnit.MILLISECONDS))
        .setMaxSleepTime(TimeDuration.valueOf(1, TimeUnit.SECONDS)).setMaxAttempts(20).build();
    try (RaftClient client = RaftClient.newBuilder().setRaftGroup(RaftGroup.valueOf(GROUP, peers(args[0])))
        .setClientId(ClientId.randomId()).setProperties(properties).setParameters(new Parameters())
        .setRetryPolicy(retry).build()) {
      for (String line : args[1].split(";")) {
        String[] words = line.trim().split(" ");
        try {
          System.out.println(obey(client, words[0], words[1]));
        } catch (Exception error) {
          System.out.println("failed " + error);
        }
      }
    }
    System.exit(0);
  }
}
