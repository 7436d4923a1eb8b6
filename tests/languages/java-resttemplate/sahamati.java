// Needs ./sahamati, made by: openapi-generator-cli generate --skip-validate-spec -g java --library resttemplate -i sahamati.yaml -o sahamati -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=sahamati,apiPackage=sahamati,modelPackage=sahamati
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.springframework.http.RequestEntity;
import org.springframework.http.client.SimpleClientHttpRequestFactory;
import org.springframework.web.client.RestClientResponseException;
import org.springframework.web.client.RestTemplate;
import sahamati.*;

class Sahamati {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SAHAMATI_SANDBOX_BASE_URL");
        SimpleClientHttpRequestFactory factory = new SimpleClientHttpRequestFactory();
        factory.setOutputStreaming(false); // otherwise the body of a 401 is lost
        ApiClient client = new ApiClient(new RestTemplate(factory)).setBasePath(baseUrl);
        TokenResponse response;
        try {
            response = new TokenApi(client).generateEntityToken(
                    System.getenv("SAHAMATI_SANDBOX_ENTITY_ID"), System.getenv("SAHAMATI_SANDBOX_SECRET"));
        } catch (RestClientResponseException exception) {
            JsonNode body = new ObjectMapper().readTree(exception.getResponseBodyAsByteArray());
            System.err.println("sahamati: no token, code " + body.path("errorCode").asText());
            System.exit(1);
            return;
        }
        Integer lifetime = response.getExpiresIn();
        if (lifetime == null || lifetime <= 0) lifetime = 86400;

        // The emulator's echo API stands for the API that you want to use.
        RequestEntity<Void> apiRequest = RequestEntity.get(baseUrl + "/echo").header("Authorization", "Bearer " + response.getAccessToken()).build();
        int status = new RestTemplate().exchange(apiRequest, Void.class).getStatusCodeValue();
        System.out.println("sahamati: a token for " + lifetime + " s, the API responded with " + status);
    }
}
