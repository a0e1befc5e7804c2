import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Runs login, refresh and logout with the default HTTP client, which offers HTTP/2 (h2c) with each request.
 *
 * Arguments: the base address, the number of flows, the email; the password is in PASSWORD. Prints one line with the
 * number of complete flows, and the cause of each other one.
 */
public class Flows {
    private static final int AT_ONCE = 4;
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    public static void main(String[] arguments) throws Exception {
        String base = arguments[0] + "/api/v1/auth/";
        int flows = Integer.parseInt(arguments[1]);
        String login = "{\"email\":\"" + arguments[2] + "\",\"password\":\"" + System.getenv("PASSWORD") + "\"}";
        var executor = Executors.newFixedThreadPool(AT_ONCE);
        List<Future<String>> results = new ArrayList<>();
        for (int flow = 0; flow < flows; flow++) {
            Callable<String> run = () -> flow(base, login);
            results.add(executor.submit(run));
        }
        int complete = 0;
        for (Future<String> result : results) {
            String fault = result.get();
            if (fault == null) {
                complete++;
            } else {
                System.out.println(fault);
            }
        }
        executor.shutdown();
        System.out.println("complete: " + complete + " of " + flows);
    }

    /** Returns nothing, or what went wrong. */
    private static String flow(String base, String login) {
        try {
            var opened = post(base + "login", login, null);
            if (opened.statusCode() != 200) {
                return "login: " + opened.statusCode() + " " + opened.body();
            }
            var rotated = post(base + "refresh", refreshBody(opened), null);
            if (rotated.statusCode() != 200) {
                return "refresh: " + rotated.statusCode() + " " + rotated.body();
            }
            var ended = post(base + "logout", refreshBody(rotated), field(rotated, "accessToken"));
            return ended.statusCode() == 204 ? null : "logout: " + ended.statusCode() + " " + ended.body();
        } catch (Exception exception) {
            return exception.toString();
        }
    }

    private static String refreshBody(HttpResponse<String> tokens) {
        return "{\"refreshToken\":\"" + field(tokens, "refreshToken") + "\"}";
    }

    private static String field(HttpResponse<String> response, String name) {
        var matcher = Pattern.compile("\"" + name + "\":\"([^\"]+)\"").matcher(response.body());
        if (!matcher.find()) {
            throw new IllegalStateException("no " + name);
        }
        return matcher.group(1);
    }

    private static HttpResponse<String> post(String uri, String body, String bearer) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(uri))
            .timeout(Duration.ofSeconds(20))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body));
        if (bearer != null) {
            request.header("Authorization", "Bearer " + bearer);
        }
        return CLIENT.send(request.build(), BodyHandlers.ofString());
    }
}
