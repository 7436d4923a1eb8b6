// Needs ./su, made by: openapi-generator-cli generate --skip-validate-spec -g java --library resttemplate -i su.yaml -o su -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=su,apiPackage=su,modelPackage=su
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Base64;
import org.springframework.http.RequestEntity;
import org.springframework.web.client.RestClientResponseException;
import org.springframework.web.client.RestTemplate;
import su.*;

class Su {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SU_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient().setBasePath(baseUrl);
        String domain = Base64.getEncoder().encodeToString(System.getenv("SU_SANDBOX_CLIENT_ID").getBytes());
        TokenResponse response;
        try {
            response = new TokenApi(client).generateAccessToken(
                    domain, System.getenv("SU_SANDBOX_CLIENT_SECRET"));
        } catch (RestClientResponseException exception) {
            JsonNode body = new ObjectMapper().readTree(exception.getResponseBodyAsByteArray());
            System.err.println("su: no token, code " + body.findPath("Code").asText());
            System.exit(1);
            return;
        }
        Object data = response.getData() != null ? response.getData() : response.getAdditionalProperty("Data"); // two spellings
        TokenData token = new ObjectMapper().convertValue(data, TokenData.class);
        if (token == null || token.getToken() == null) throw new IllegalStateException("su: no token in the response");
        int lifetime = token.getExpireIn() == null ? 0 : Integer.parseInt(token.getExpireIn());
        if (lifetime <= 0) lifetime = 3600;

        // The emulator's echo API stands for the API that you want to use.
        RequestEntity<Void> apiRequest = RequestEntity.get(baseUrl + "/echo").header("Authorization", "Bearer " + token.getToken()).build();
        int status = new RestTemplate().exchange(apiRequest, Void.class).getStatusCodeValue();
        System.out.println("su: a token for " + lifetime + " s, the API responded with " + status);
    }
}
