// Needs ./decentro, made by: openapi-generator-cli generate --skip-validate-spec -g go -i decentro.yaml -o decentro -p packageName=decentro,withGoMod=false
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"example/decentro"
)

func main() {
	configuration := decentro.NewConfiguration()
	configuration.Servers = decentro.ServerConfigurations{{URL: os.Getenv("DECENTRO_SANDBOX_BASE_URL")}}
	client := decentro.NewAPIClient(configuration)

	asked := decentro.NewTokenRequest("client_credentials")
	asked.SetClientId(os.Getenv("DECENTRO_SANDBOX_CLIENT_ID"))
	asked.SetClientSecret(os.Getenv("DECENTRO_SANDBOX_CLIENT_SECRET"))
	reply, _, err := client.TokenAPI.GenerateToken(context.Background()).TokenRequest(*asked).Execute()

	var failed *decentro.GenericOpenAPIError
	if errors.As(err, &failed) {
		refusal, _ := failed.Model().(decentro.ErrorReply)
		log.Fatal("decentro: no token, code ", refusal.GetResponseKey(), refusal.GetResponseCode())
	} else if err != nil {
		log.Fatal("decentro: ", err)
	}

	life := reply.GetExpiresIn()
	if life <= 0 {
		life = 900
	}

	// The emulator's echo API stands for the API that you want.
	request, _ := http.NewRequest("GET", os.Getenv("DECENTRO_SANDBOX_BASE_URL")+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+reply.AccessToken)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("decentro: ", err)
	}
	fmt.Printf("decentro: a token for %d s, the API answered %d\n", life, answer.StatusCode)
}
