// Needs ./singleviewpayouts, made by: openapi-generator-cli generate --skip-validate-spec -g java --library native -i singleviewpayouts.yaml -o singleviewpayouts -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=singleviewpayouts,apiPackage=singleviewpayouts,modelPackage=singleviewpayouts
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import singleviewpayouts.*;

class SingleViewPayouts {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SINGLEVIEWPAYOUTS_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient();
        client.updateBaseUri(baseUrl);
        try {
            String company = System.getenv("SINGLEVIEWPAYOUTS_SANDBOX_COMPANY_ID");
            String reference = UUID.randomUUID().toString().replace("-", "").substring(16); // 16 letters and digits, new for each request
            String time = LocalDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.SECONDS).format(DateTimeFormatter.ISO_LOCAL_DATE_TIME);
            TokenResponse response = new TokenApi(client).generateToken(company, reference, time, "Web", new TokenRequest()
                    .grantType("client_credentials")
                    .clientId(System.getenv("SINGLEVIEWPAYOUTS_SANDBOX_CLIENT_ID"))
                    .clientCode(System.getenv("SINGLEVIEWPAYOUTS_SANDBOX_CLIENT_CODE")));
            if (response.getAccessToken() == null) { // a rejection may be a 200
                System.err.println("singleviewpayouts: no token, code " + response.getErrorCode());
                System.exit(1);
            }
            String declared = response.getExpiresIn();
            int lifetime = declared == null ? 0 : Integer.parseInt(declared);
            if (lifetime <= 0) lifetime = 3600;

            // The emulator's echo API stands for the API that you want to use.
            HttpRequest apiRequest = HttpRequest.newBuilder(URI.create(baseUrl + "/echo"))
                    .header("Authorization", "Bearer " + response.getAccessToken()).header("CompanyId", company).build();
            int status = HttpClient.newHttpClient().send(apiRequest, BodyHandlers.discarding()).statusCode();
            System.out.println("singleviewpayouts: a token for " + lifetime + " s, the API responded with " + status);
        } catch (ApiException exception) {
            if (exception.getResponseBody() == null) throw exception; // no response
            ErrorResponse response = client.getObjectMapper().readValue(exception.getResponseBody(), ErrorResponse.class);
            System.err.println("singleviewpayouts: no token, code " + response.getErrorCode());
            System.exit(1);
        }
    }
}
