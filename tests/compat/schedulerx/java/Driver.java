import com.aliyun.auth.credentials.Credential;
import com.aliyun.auth.credentials.provider.StaticCredentialProvider;
import com.aliyun.core.http.HttpClient;
import com.aliyun.core.http.HttpRequest;
import com.aliyun.core.http.HttpResponse;
import com.aliyun.core.utils.Context;
import com.aliyun.sdk.gateway.pop.Configuration;
import com.aliyun.sdk.gateway.pop.auth.SignatureVersion;
import com.aliyun.sdk.gateway.pop.exception.PopClientException;
import com.aliyun.sdk.gateway.pop.exception.PopServerException;
import com.aliyun.sdk.service.schedulerx220190430.AsyncClient;
import com.aliyun.httpcomponent.httpclient.ApacheAsyncHttpClientBuilder;
import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.ToNumberPolicy;
import darabonba.core.TeaModel;
import darabonba.core.client.ClientOverrideConfiguration;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Calls SchedulerX operations through Alibaba's typed SDK for Java.
 *
 * <p>Started with endpoint, key id, secret and the signature version (V1 or V3). Reads calls, one
 * JSON object a line: {"action": "ExecuteJob", "params": {"JobId": 1}}; answers each with one line:
 * {"raw": the response body, "typed": what the SDK's classes made of it, "mistyped": []} or
 * {"error": {code, requestId, status, message}}, or {"unsupported": true} for an operation that the
 * SDK does not have.
 */
public final class Driver {
  private static final String SERVICE = "com.aliyun.sdk.service.schedulerx220190430.models.";
  private static final long CALL_DEADLINE_S = 40;

  /** Request classes name their fields as the wire does, but for the first letter. */
  private static final Gson GSON =
      new GsonBuilder()
          .setFieldNamingPolicy(FieldNamingPolicy.UPPER_CAMEL_CASE)
          .setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE)
          .disableHtmlEscaping()
          .create();

  public static void main(String[] args) throws Exception {
    Recorder recorder = new Recorder(new ApacheAsyncHttpClientBuilder().build());
    Credential credential =
        Credential.builder().accessKeyId(args[1]).accessKeySecret(args[2]).build();
    AsyncClient client =
        AsyncClient.builder()
            .httpClient(recorder)
            .region("cn-hangzhou")
            .credentialsProvider(StaticCredentialProvider.create(credential))
            .serviceConfiguration(
                Configuration.create().setSignatureVersion(SignatureVersion.valueOf(args[3])))
            .overrideConfiguration(
                ClientOverrideConfiguration.create()
                    .setEndpointOverride(args[0])
                    .setProtocol("HTTP"))
            .build();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonObject wish = JsonParser.parseString(line).getAsJsonObject();
      String action = wish.get("action").getAsString();
      answers.println(GSON.toJson(answer(client, recorder, action, wish.getAsJsonObject("params"))));
    }
    client.close();
    System.exit(0);
  }

  private static Map<String, Object> answer(
      AsyncClient client, Recorder recorder, String action, JsonObject params) throws Exception {
    Class<?> requestClass;
    try {
      requestClass = Class.forName(SERVICE + action + "Request");
    } catch (ClassNotFoundException missing) {
      return Map.of("unsupported", true);
    }
    Method method = client.getClass().getMethod(lowerFirst(action), requestClass);
    // The client's class is not public, its interface is.
    method = AsyncClient.class.getMethod(method.getName(), requestClass);
    Object request = requestOf(requestClass, params);
    try {
      Object response =
          ((CompletableFuture<?>) method.invoke(client, request))
              .get(CALL_DEADLINE_S, TimeUnit.SECONDS);
      TeaModel body = (TeaModel) response.getClass().getMethod("getBody").invoke(response);
      return Map.of(
          "raw", JsonParser.parseString(recorder.lastBody),
          "typed", body.toMap(),
          "mistyped", List.of());
    } catch (ExecutionException failed) {
      return failure(failed.getCause());
    }
  }

  /** Fills the builder, whose methods are the parameters' names with a small first letter. */
  private static Object requestOf(Class<?> requestClass, JsonObject params) throws Exception {
    Object builder = requestClass.getMethod("builder").invoke(null);
    for (Map.Entry<String, JsonElement> parameter : params.entrySet()) {
      String name = lowerFirst(parameter.getKey());
      Method setter = null;
      for (Method each : builder.getClass().getDeclaredMethods()) {
        if (each.getName().equals(name) && each.getParameterCount() == 1) setter = each;
      }
      // A parameter newer than the SDK, which has no other way for it.
      if (setter == null) continue;
      Object value = GSON.fromJson(parameter.getValue(), setter.getGenericParameterTypes()[0]);
      setter.invoke(builder, value);
    }
    return builder.getClass().getMethod("build").invoke(builder);
  }

  private static Map<String, Object> failure(Throwable error) {
    JsonObject shown = new JsonObject();
    shown.addProperty("message", String.valueOf(error.getMessage()));
    if (error instanceof PopClientException) {
      PopClientException refusal = (PopClientException) error;
      shown.addProperty("code", refusal.getErrCode());
      shown.addProperty("requestId", refusal.getRequestId());
      shown.addProperty("status", refusal.getStatusCode());
    } else if (error instanceof PopServerException) {
      PopServerException refusal = (PopServerException) error;
      shown.addProperty("code", refusal.getErrCode());
      shown.addProperty("requestId", refusal.getRequestId());
      shown.addProperty("status", refusal.getStatusCode());
    }
    return Map.of("error", shown);
  }

  private static String lowerFirst(String text) {
    return Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }

  /** Keeps the last body as it was before the SDK's classes read it. */
  private static final class Recorder implements HttpClient {
    private final HttpClient inner;
    volatile String lastBody = "null";

    Recorder(HttpClient inner) {
      this.inner = inner;
    }

    @Override
    public CompletableFuture<HttpResponse> send(HttpRequest request) {
      return inner.send(request).thenApply(this::recorded);
    }

    @Override
    public CompletableFuture<HttpResponse> send(HttpRequest request, Context context) {
      return inner.send(request, context).thenApply(this::recorded);
    }

    private HttpResponse recorded(HttpResponse response) {
      lastBody = response.getBodyAsString(StandardCharsets.UTF_8);
      return response;
    }

    @Override
    public void close() {
      inner.close();
    }
  }
}
