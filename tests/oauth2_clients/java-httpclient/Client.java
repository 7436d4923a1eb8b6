// Needs the JDK alone
import java.net.URI;
import java.net.http.*;
import java.nio.file.*;
import java.util.Base64;
import java.util.regex.Pattern;

class Client {
    public static void main(String[] arguments) throws Exception {
        String provider = arguments[0], service = System.getenv("GATEPASS_SERVICE_URL");
        String key = Files.readString(Path.of(System.getenv("GATEPASS_SERVICE_KEY_FILE"))).trim();
        String basic = "Basic " + Base64.getEncoder().encodeToString(("gatepass:" + key).getBytes());
        HttpClient client = HttpClient.newHttpClient();

        var grant = HttpRequest.newBuilder(URI.create(service + "/" + provider + "/sandbox/token"))
                .header("Authorization", basic).header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials")).build();
        var response = client.send(grant, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) throw new IllegalStateException(response.body());
        var token = Pattern.compile("\"access_token\": *\"(.+?)\"").matcher(response.body());
        if (!token.find()) throw new IllegalStateException("no access_token");

        var request = HttpRequest.newBuilder(URI.create(System.getenv("API_URL"))).header("Authorization", "Bearer " + token.group(1));
        int status = client.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
        System.out.println(provider + ": " + status);
    }
}
