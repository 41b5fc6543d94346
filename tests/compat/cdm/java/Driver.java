import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.huaweicloud.sdk.cdm.v1.CdmClient;
import com.huaweicloud.sdk.core.HttpListener;
import com.huaweicloud.sdk.core.auth.BasicCredentials;
import com.huaweicloud.sdk.core.exception.ServiceResponseException;
import com.huaweicloud.sdk.core.http.HttpConfig;
import com.huaweicloud.sdk.core.region.Region;
import com.huaweicloud.sdk.core.utils.JsonUtils;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;

/**
 * Calls CDM operations through Huawei Cloud's typed SDK for Java.
 *
 * <p>Started with endpoint, access key, secret, region and perhaps the id of a project; without it
 * the SDK looks the project up in IAM. Reads calls, one JSON object a line: {"action": "ShowJobs",
 * "params": {"cluster_id": "…", "job_name": "all", "body": {}}}; answers each with one line:
 * {"raw": the response body, "typed": what the SDK's classes hold of it, "mistyped": []} or
 * {"error": {code, requestId, status, message}}, or {"unsupported": true} for an operation that the
 * SDK does not have.
 */
public final class Driver {
  private static final String MODELS = "com.huaweicloud.sdk.cdm.v1.model.";
  private static final int READ_DEADLINE_S = 40;
  private static final ObjectMapper PLAIN = new ObjectMapper();

  /** The last body as it was before the SDK's classes read it. */
  private static volatile String lastBody = "null";

  public static void main(String[] args) throws Exception {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    CdmClient client = null;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonNode wish = PLAIN.readTree(line);
      ObjectNode shown;
      try {
        // The SDK looks the project up here: its failures are answers too.
        if (client == null) client = build(args);
        shown = answer(client, wish.get("action").asText(), wish.get("params"));
      } catch (RuntimeException error) {
        shown = failure(error);
      }
      answers.println(PLAIN.writeValueAsString(shown));
    }
    System.exit(0);
  }

  private static CdmClient build(String[] args) {
    BasicCredentials credentials =
        new BasicCredentials().withAk(args[1]).withSk(args[2]).withIamEndpoint(args[0]);
    if (args.length > 4) credentials.withProjectId(args[4]);
    HttpConfig config =
        HttpConfig.getDefaultHttpConfig()
            .withReadTimeout(READ_DEADLINE_S)
            .addHttpListener(
                HttpListener.forResponseListener(
                    response -> lastBody = response.body().orElse("null")));
    return CdmClient.newBuilder()
        .withHttpConfig(config)
        .withCredential(credentials)
        .withRegion(new Region(args[3], args[0]))
        .build();
  }

  private static ObjectNode answer(CdmClient client, String action, JsonNode params)
      throws Exception {
    Class<?> requestClass;
    try {
      requestClass = Class.forName(MODELS + action + "Request");
    } catch (ClassNotFoundException missing) {
      return PLAIN.createObjectNode().put("unsupported", true);
    }
    String name = Character.toLowerCase(action.charAt(0)) + action.substring(1);
    Method method = CdmClient.class.getMethod(name, requestClass);
    // Members of requests are marked with the names of the wire.
    Object request = JsonUtils.toObject(PLAIN.writeValueAsString(params), requestClass);
    try {
      Object response = method.invoke(client, request);
      ObjectNode shown = PLAIN.createObjectNode();
      shown.set("raw", PLAIN.readTree(lastBody));
      shown.set("typed", PLAIN.readTree(JsonUtils.toJSON(response)));
      shown.putArray("mistyped");
      return shown;
    } catch (InvocationTargetException failed) {
      return failure(failed.getCause());
    }
  }

  private static ObjectNode failure(Throwable error) {
    ObjectNode shown = PLAIN.createObjectNode().put("message", String.valueOf(error));
    if (error instanceof ServiceResponseException) {
      ServiceResponseException refusal = (ServiceResponseException) error;
      shown.put("code", refusal.getErrorCode());
      shown.put("requestId", refusal.getRequestId());
      shown.put("status", refusal.getHttpStatusCode());
      shown.put("message", refusal.getErrorMsg());
    }
    return PLAIN.createObjectNode().set("error", shown);
  }
}
